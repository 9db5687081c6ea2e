/**
 * What becomes of a connection when not its data is lost but the answers to it: acknowledgements, FIN, RST.
 * Links take 10 ms each way. The times and errors are Linux's; `kernels.test.ts` asks it.
 */
import { describe, expect, test } from "vitest";
import type { Host } from "../../src/sim/host.ts";
import { KeepAlive, type Link } from "../../src/sim/network/index.ts";
import { Phase } from "../../src/sim/network/tcp/phase.ts";
import { Bench } from "./wire.ts";

interface Duo {
  world: Bench;
  a: Host;
  b: Host;
  there: Link;
  back: Link;
}

function duo(seed?: number): Duo {
  const world = new Bench(seed);
  const [a, b] = [world.host("a"), world.host("b")];
  return { world, a, b, there: world.network.link(a, b), back: world.network.link(b, a) };
}

const killed = { code: null, signal: "SIGKILL" } as const;

describe("an acknowledgement that is lost", () => {
  test("leaves a client whose server's machine has crashed meanwhile with ECONNRESET", () => {
    const { world, a, b, back } = duo();
    const { client } = world.pair(a, b);
    world.after(400, () => back.block());
    world.after(900, () => client.write("question"));
    world.after(1_400, () => b.powerOff());
    world.after(1_600, () => b.powerOn());
    world.after(2_400, () => back.unblock());
    // Written at 1 s. Tries after 0.22, 0.44, 0.88 and 1.76 s; the last one's RST gets through.
    expect(world.run(60_000)).toEqual([
      '1010 accepted reads "question"',
      "2780 client reads ECONNRESET",
    ]);
  });

  test("does so where only the process has crashed, with bytes that it had not read", () => {
    const { world, a, b, back } = duo();
    const { client, server } = world.pair(a, b);
    server.socket.stopReading();
    world.after(400, () => back.block());
    world.after(900, () => client.write("question"));
    world.after(1_400, () => server.process.terminate(killed));
    world.after(2_400, () => back.unblock());
    expect(world.run(60_000)).toEqual(["2780 client reads ECONNRESET"]);
  });

  test("on its way when the link is cut is missed too", () => {
    const { world, a, b, back } = duo();
    const { client } = world.pair(a, b);
    client.write("question");
    // It leaves at 10 ms and would be there at 20.
    world.after(15, () => back.block());
    world.after(30, () => b.powerOff());
    world.after(40, () => b.powerOn());
    world.after(100, () => back.unblock());
    expect(world.run(60_000)).toEqual([
      '110 accepted reads "question"',
      "340 client reads ECONNRESET",
    ]);
  });

  test("that has got through is not: nothing is sent again", () => {
    const { world, a, b, back } = duo();
    const { client } = world.pair(a, b);
    client.write("question");
    world.after(25, () => back.block());
    world.after(30, () => b.powerOff());
    world.after(40, () => b.powerOn());
    world.after(100, () => back.unblock());
    expect(world.run(60_000)).toEqual(['110 accepted reads "question"']);
  });

  test("by chance is made good by the next", () => {
    const { world, a, b, back } = duo();
    const { client, server } = world.pair(a, b);
    back.loss = 0.5;
    let written = 0;
    for (let i = 0; i < 50; i++)
      world.after(i * 20, () => (written += client.write("x") as number));
    world.run(20_000);
    expect(server.text).toBe("x".repeat(50));
    expect(client.socket.sender.ackedSeq).toBe(written);
    expect(client.socket.sender.recovering).toBe(false);
  });
});

describe("a reset that is lost", () => {
  test("is sent again when the peer sends something, not before", () => {
    const { world, a, b, back } = duo();
    const { client, server } = world.pair(a, b);
    back.block();
    server.socket.reset();
    world.after(1_000, () => back.unblock());
    world.after(5_000, () => client.write("hello?"));
    expect(world.run(60_000)).toEqual(["5120 client reads ECONNRESET"]);
  });

  test("as the answer to a SYN is asked for by the next SYN", () => {
    const { world, a, b, back } = duo();
    back.block();
    world.client(a, b.address, 80);
    world.after(2_000, () => back.unblock());
    expect(world.run(60_000)).toEqual(["3020 client ECONNREFUSED"]);
  });

  test("behind data that is lost counts once its sender has been asked", () => {
    const { world, a, b, back, there } = duo();
    const { server } = world.pair(a, b);
    back.block();
    server.write("lost");
    world.after(100, () => back.unblock());
    world.after(150, () => server.socket.reset());
    const lines = world.run(60_000);
    // The reset, the question, the answer.
    expect(lines).toEqual(["280 client reads ECONNRESET"]);
    expect(there.blocked).toBe(false);
  });
});

describe("a FIN that is lost", () => {
  test("is sent again for a process that is gone, until the peer has it", () => {
    const { world, a, b, back } = duo();
    const { server } = world.pair(a, b);
    back.block();
    server.process.terminate(killed);
    world.after(3_000, () => back.unblock());
    expect(world.run(60_000)).toEqual(["3630 client reads EOF"]);
  });

  test("is given up after 100 s and more where nobody answers; the connection is gone then", () => {
    const { world, a, b, back } = duo();
    const { client, server } = world.pair(a, b);
    back.block();
    server.process.terminate(killed);
    world.run(100_000);
    expect(server.socket.phase).toBe(Phase.open);
    world.run(30_000);
    expect(server.socket.phase).toBe(Phase.dead);
    back.unblock();
    client.write("hello?");
    expect(world.run(1_000)).toEqual(["130120 client reads ECONNRESET"]);
  });

  test("whose acknowledgement is lost is acknowledged again out of TIME_WAIT, not reset", () => {
    const { world, a, b, there } = duo();
    const { client, server } = world.pair(a, b);
    client.socket.close();
    world.after(20, () => there.block());
    world.after(15, () => server.socket.close());
    world.after(400, () => there.unblock());
    world.run(5_000);
    expect(server.socket.phase).toBe(Phase.dead);
    expect(server.socket.error).toBe(0);
  });

  test("that never comes is waited for a minute by a socket that nobody holds", () => {
    const { world, a, b } = duo();
    const { client, server } = world.pair(a, b);
    client.socket.close();
    world.run(59_000);
    expect(client.socket.phase).toBe(Phase.open);
    world.run(2_000);
    expect(client.socket.phase).toBe(Phase.dead);
    server.write("still there?");
    world.run(1_000);
    expect(server.socket.phase).toBe(Phase.dead);
    expect(server.write("hello?")).toBe("EPIPE");
  });
});

describe("a handshake", () => {
  test("whose SYN-ACK is lost is completed by the server's next one, if no further SYN gets through", () => {
    const { world, a, b, there, back } = duo();
    world.server(b, 80);
    back.block();
    world.client(a, b.address, 80);
    world.after(500, () => there.block());
    world.after(500, () => back.unblock());
    world.after(1_015, () => there.unblock());
    // The client's own next try, at 1 s, is lost.
    expect(world.run(60_000)).toEqual(["1020 client connected", "1030 server accepts"]);
  });

  test("whose last segment is lost, with a client that has gone, is over when a RST gets through", () => {
    const { world, a, b, there } = duo();
    world.server(b, 80);
    const client = world.client(a, b.address, 80);
    world.after(15, () => there.block());
    world.after(50, () => a.powerOff());
    world.after(60, () => a.powerOn());
    world.after(500, () => there.unblock());
    world.run(2_000);
    expect(client.socket.phase).toBe(Phase.dead);
    const waiting = [...world.network.stackOf(b).sockets].filter((socket) => !socket.listening);
    expect(waiting).toEqual([]);
  });
});

describe("probes", () => {
  test("of a closed window go on for ever while they are answered, and end in a reset by a machine that is new", () => {
    const { world, a, b, back } = duo();
    const { client, server } = world.pair(a, b);
    server.socket.stopReading();
    for (let i = 0; i < 10; i++)
      world.after(i * 50, () => client.socket.write(new Uint8Array(60_000)));
    world.run(2_000_000);
    expect(client.socket.phase).toBe(Phase.open);
    back.block();
    b.powerOff();
    b.powerOn();
    world.run(200_000);
    expect(client.socket.phase).toBe(Phase.open);
    back.unblock();
    const [line] = world.run(300_000);
    expect(line).toMatch(/client reads ECONNRESET$/);
  });

  test("whose answers are all lost end in ETIMEDOUT", () => {
    const { world, a, b, back } = duo();
    const { client, server } = world.pair(a, b);
    server.socket.stopReading();
    for (let i = 0; i < 10; i++)
      world.after(i * 50, () => client.socket.write(new Uint8Array(60_000)));
    world.run(10_000);
    expect(client.socket.sender.queueBytes).toBeGreaterThan(0);
    back.block();
    const [line] = world.run(2_000_000);
    expect(line).toMatch(/client reads ETIMEDOUT$/);
  });

  test("of keep-alive take the round trip, and their answers can be lost", () => {
    const { world, a, b, back } = duo();
    const { client } = world.pair(a, b);
    const options = { idleNs: 5e9, intervalNs: 1e9, count: 3 };
    client.socket.keepAlive = new KeepAlive(client.socket, options);
    client.socket.keepAlive.start(options);
    world.after(12_000, () => back.block());
    // Answered at 5 and 10 s; probes at 15, 16 and 17 s.
    const lines = world.run(60_000);
    expect(lines).toEqual(["18140 client reads ETIMEDOUT", "18150 accepted reads ECONNRESET"]);
  });
});

/** Random writes, cuts, ends and crashes; gives what both programs are told, and when. */
function chaos(seed: number, loss: number): string[] {
  const { world, a, b, there, back } = duo(seed);
  const { client, server } = world.pair(a, b);
  there.loss = back.loss = loss;
  const prng = world.kernel.prng.fork("chaos");
  for (const link of [there, back]) {
    for (let i = 0; i < 2; i++) {
      const atMs = prng.below(3_000);
      world.after(atMs, () => link.block());
      world.after(atMs + prng.below(2_000), () => link.unblock());
    }
  }
  // In moments of their own: what one event writes travels together on a sound link alone.
  for (let i = 0; i < 12; i++) {
    const end = prng.pick([client, server]);
    const size = prng.pick([1, 50, 3_000]);
    world.after(i * 400 + prng.below(350), () => end.write("x".repeat(size)));
  }
  for (const end of [client, server]) {
    const atMs = prng.below(5_000) + 0.5;
    if (prng.chance(0.2)) world.after(atMs, () => end.socket.shutdown());
    else if (prng.chance(0.3)) world.after(atMs, () => end.process.terminate(killed));
    else if (prng.chance(0.4)) {
      world.after(atMs, () => end.process.host.powerOff());
      world.after(atMs + 300, () => end.process.host.powerOn());
    }
  }
  const lines = world.run(300_000);
  return [...lines, `${client.received} ${server.received}`];
}

describe("acknowledgements without events of their own", () => {
  test("give what acknowledgements with events give", () => {
    // A loss that never happens gives each acknowledgement an event.
    let resets = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const lines = chaos(seed, 0);
      expect([seed, ...chaos(seed, Number.MIN_VALUE)]).toEqual([seed, ...lines]);
      if (lines.some((line) => line.includes("ECONNRESET"))) resets++;
    }
    expect(resets).toBeGreaterThan(10);
  });
});

describe("whatever is lost", () => {
  test("ends, once all is well again, with both ends open or both closed, and all bytes there", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { world, a, b, there, back } = duo(seed);
      const { client, server } = world.pair(a, b);
      const prng = world.kernel.prng.fork("chaos");
      for (let i = 0; i < 8; i++) {
        const link = prng.pick([there, back]);
        world.after(prng.below(5_000), () => link.block());
      }
      for (let i = 0; i < 10; i++) {
        const end = prng.pick([client, server]);
        world.after(prng.below(5_000), () => end.write("hello"));
      }
      for (const end of [client, server]) {
        if (prng.chance(0.3)) world.after(prng.below(5_000), () => end.socket.shutdown());
        if (prng.chance(0.3)) world.after(prng.below(5_000), () => end.process.terminate(killed));
      }
      there.loss = back.loss = prng.chance(0.5) ? 0.2 : 0;
      for (const link of [there, back]) {
        world.after(5_000, () => {
          while (link.blocked) link.unblock();
          link.loss = 0;
        });
      }
      world.run(200_000);
      for (const [end, other] of [
        [client, server],
        [server, client],
      ] as const) {
        const { sender } = end.socket;
        if (end.socket.phase !== Phase.open) continue;
        // Whoever still has a connection has one with a peer that knows it, and waits for nothing.
        expect([
          seed,
          other.socket.phase === Phase.open || sender.ackedSeq === sender.sentSeq,
        ]).toEqual([seed, true]);
        expect([seed, sender.recovering, sender.queueBytes]).toEqual([seed, false, 0]);
      }
    }
  });
});
