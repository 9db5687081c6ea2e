/** UDP between operating systems: what the link does to datagrams. Links take 10 ms each way. */
import { describe, expect, test } from "vitest";
import { type Datagram, Errno, UdpSocket } from "../../src/sim/network/index.ts";
import type { Host } from "../../src/sim/host.ts";
import { Bench } from "./wire.ts";

/** A socket that collects what it receives. */
class Box {
  readonly socket: UdpSocket;
  readonly got: { text: string; ms: number; from: string }[] = [];
  readonly errors: number[] = [];

  constructor(world: Bench, host: Host, port: number, address = "0.0.0.0") {
    const process = host.spawn();
    this.socket = new UdpSocket(world.network.stackOf(host), process);
    this.socket.bind({ address, port, family: 4, reuse: true });
    this.socket.events = {
      onReadable: () => {
        const received: Datagram | number = this.socket.receive();
        if (typeof received === "number") this.errors.push(received);
        else {
          const text = String.fromCharCode(...received.payload.subarray(0, 100));
          this.got.push({ text, ms: world.kernel.nowNs / 1e6, from: received.fromAddress });
        }
        this.socket.receiveAgain();
      },
    };
    this.socket.startReceiving();
  }

  send(text: string, to: string, port: number): number {
    return this.socket.send(
      Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      to,
      port,
    );
  }

  get texts(): string[] {
    return this.got.map(({ text }) => text);
  }
}

function trio(seed?: number): { world: Bench; a: Host; b: Host; c: Host } {
  const world = new Bench(seed);
  return { world, a: world.host("a"), b: world.host("b"), c: world.host("c") };
}

describe("a datagram", () => {
  test("arrives once, with its sender's address, in the time that the link takes", () => {
    const { world, a, b } = trio();
    const receiver = new Box(world, b, 9);
    new Box(world, a, 0).send("hello", b.address, 9);
    world.run(100);
    expect(receiver.got).toEqual([{ text: "hello", ms: 10, from: a.address }]);
  });

  test("is lost as often as the link says, and nobody is told", () => {
    const { world, a, b } = trio();
    const receiver = new Box(world, b, 9);
    const sender = new Box(world, a, 0);
    world.network.link(a, b).loss = 0.25;
    for (let i = 0; i < 1_000; i++) {
      world.after(i, () => sender.send("x", b.address, 9));
    }
    world.run(2_000);
    expect(receiver.got.length).toBeGreaterThan(700);
    expect(receiver.got.length).toBeLessThan(800);
    expect(sender.errors).toEqual([]);
  });

  test("in many fragments is lost when one of them is", () => {
    const { world, a, b } = trio();
    const receiver = new Box(world, b, 9);
    const sender = new Box(world, a, 0);
    world.network.link(a, b).loss = 0.05;
    for (let i = 0; i < 200; i++) {
      world.after(i * 10, () => sender.socket.send(new Uint8Array(30_000), b.address, 9));
    }
    world.run(5_000);
    // 21 fragments: one in three gets through.
    expect(receiver.got.length).toBeGreaterThan(40);
    expect(receiver.got.length).toBeLessThan(100);
  });

  test("may come twice, be overtaken, or have a bit flipped", () => {
    const { world, a, b } = trio();
    const receiver = new Box(world, b, 9);
    const sender = new Box(world, a, 0);
    const link = world.network.link(a, b);
    Object.assign(link, { duplicate: 1 });
    sender.send("twice", b.address, 9);
    world.run(100);
    expect(receiver.texts).toEqual(["twice", "twice"]);

    Object.assign(link, { duplicate: 0, reorder: 0.5, reorderNs: 20e6 });
    for (let i = 0; i < 20; i++) {
      world.after(i, () => sender.send(String.fromCharCode(97 + i), b.address, 9));
    }
    world.run(200);
    const letters = receiver.texts.slice(2);
    expect([...letters].sort().join("")).toBe("abcdefghijklmnopqrst");
    expect(letters.join("")).not.toBe("abcdefghijklmnopqrst");

    Object.assign(link, { reorder: 0, corrupt: 1 });
    sender.send("intact", b.address, 9);
    world.run(100);
    const damaged = receiver.texts.at(-1) as string;
    expect(damaged).not.toBe("intact");
    const flipped = [...damaged].reduce((bits, letter, i) => {
      let difference = letter.charCodeAt(0) ^ "intact".charCodeAt(i);
      for (; difference > 0; difference >>= 1) bits += difference & 1;
      return bits;
    }, 0);
    expect(flipped).toBe(1);
  });

  test("does not cross a blocked link, nor reach a machine without power", () => {
    const { world, a, b } = trio();
    const receiver = new Box(world, b, 9);
    const sender = new Box(world, a, 0);
    const link = world.network.link(a, b);
    link.block();
    sender.send("blocked", b.address, 9);
    link.unblock();
    sender.send("under way", b.address, 9);
    world.after(5, () => (link.blocked = true));
    world.after(20, () => (link.blocked = false));
    world.after(30, () => sender.send("through", b.address, 9));
    world.after(50, () => b.powerOff());
    world.after(60, () => sender.send("dead", b.address, 9));
    world.run(200);
    expect(receiver.texts).toEqual(["through"]);
  });

  test("too many for the receiver's buffer are dropped", () => {
    const { world, a, b } = trio();
    const receiver = new Box(world, b, 9);
    receiver.socket.stopReceiving();
    const sender = new Box(world, a, 0);
    for (let i = 0; i < 1_000; i++) sender.send("x".repeat(64), b.address, 9);
    world.run(100);
    receiver.socket.startReceiving();
    world.run(100);
    expect(receiver.got.length).toBe(Math.floor(212_992 / (64 + 704)));
  });

  test("beyond the largest size is refused", () => {
    const { world, a, b } = trio();
    const sender = new Box(world, a, 0);
    expect(sender.socket.send(new Uint8Array(65_508), b.address, 9)).toBe(Errno.EMSGSIZE);
    expect(sender.send("x", "192.0.2.1", 9)).toBe(Errno.ENETUNREACH);
  });
});

describe("to many", () => {
  test("a group's members get it, on whatever host they are", () => {
    const { world, a, b, c } = trio();
    const boxes = [a, b, c].map((host) => new Box(world, host, 5_000));
    boxes[0]?.socket.groups.add("224.1.2.3");
    boxes[1]?.socket.groups.add("224.1.2.3");
    new Box(world, a, 0).send("group", "224.1.2.3", 5_000);
    world.run(100);
    expect(boxes.map(({ texts }) => texts)).toEqual([["group"], ["group"], []]);
  });

  test("a sender may leave itself out, and a member may name its source", () => {
    const { world, a, b, c } = trio();
    const boxes = [a, b].map((host) => new Box(world, host, 5_000));
    boxes[0]?.socket.groups.add("224.1.2.3");
    boxes[1]?.socket.groups.add(`224.1.2.3 from ${a.address}`);
    const sender = new Box(world, a, 0);
    sender.socket.multicastLoopback = false;
    sender.send("from a", "224.1.2.3", 5_000);
    new Box(world, c, 0).send("from c", "224.1.2.3", 5_000);
    world.run(100);
    expect(boxes.map(({ texts }) => texts)).toEqual([["from c"], ["from a"]]);
  });

  test("a broadcast reaches every host, once it is allowed", () => {
    const { world, a, b, c } = trio();
    const boxes = [b, c].map((host) => new Box(world, host, 5_000));
    const sender = new Box(world, a, 0);
    expect(sender.send("all", "255.255.255.255", 5_000)).toBe(Errno.EACCES);
    sender.socket.broadcast = true;
    sender.send("all", "255.255.255.255", 5_000);
    world.run(100);
    expect(boxes.map(({ texts }) => texts)).toEqual([["all"], ["all"]]);
  });
});

describe("connected sockets", () => {
  test("learn that nobody listens; others do not", () => {
    const { world, a, b } = trio();
    const connected = new Box(world, a, 0);
    connected.socket.connect(b.address, 9, 4);
    connected.socket.send(new Uint8Array(1));
    const other = new Box(world, a, 0);
    other.send("x", b.address, 9);
    world.run(100);
    expect(connected.errors).toEqual([Errno.ECONNREFUSED]);
    expect(other.errors).toEqual([]);
  });

  test("hear of it six times at once, then once a second, as Linux limits ICMP", () => {
    const { world, a, b, c } = trio();
    const [many, same, other] = [a, a, c].map((host, at) => {
      const box = new Box(world, host, 0);
      box.socket.connect(b.address, 9 + at, 4);
      return box;
    }) as [Box, Box, Box];
    for (let ms = 0; ms < 2_500; ms += 50) {
      many.socket.send(new Uint8Array(1));
      // A machine's sockets share the limit, and other machines have their own.
      if (ms % 1_000 === 0) for (const box of [same, other]) box.socket.send(new Uint8Array(1));
      world.run(50);
    }
    expect(many.errors.length + same.errors.length).toBe(8);
    expect(other.errors).toHaveLength(3);
  });

  test("hear their peer alone", () => {
    const { world, a, b, c } = trio();
    const box = new Box(world, a, 7_000);
    const peer = new Box(world, b, 7_001);
    box.socket.connect(b.address, 7_001, 4);
    new Box(world, c, 7_001).send("stranger", a.address, 7_000);
    peer.send("peer", a.address, 7_000);
    world.run(100);
    expect(box.texts).toEqual(["peer"]);
  });
});

test("a paused process finds its datagrams when it goes on", () => {
  const { world, a, b } = trio();
  const receiver = new Box(world, b, 9);
  const sender = new Box(world, a, 0);
  receiver.socket.process?.pause();
  for (const text of ["one", "two", "three"]) sender.send(text, b.address, 9);
  world.after(500, () => receiver.socket.process?.resume());
  world.run(1_000);
  expect(receiver.got.map(({ text, ms }) => `${ms} ${text}`)).toEqual([
    "500 one",
    "500 two",
    "500 three",
  ]);
});
