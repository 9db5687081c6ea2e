/** TCP as operating systems do it, with the times at which things happen. Links take 10 ms each way. */
import { describe, expect, test } from "vitest";
import { bind, Errno, KeepAlive, listen, TcpSocket } from "../../src/sim/network/index.ts";
import { Bench, named } from "./wire.ts";

function duo(
  seed?: number,
): Bench & { a: ReturnType<Bench["host"]>; b: ReturnType<Bench["host"]> } {
  const bench = new Bench(seed);
  return Object.assign(bench, { a: bench.host("a"), b: bench.host("b") });
}

describe("connecting", () => {
  test("takes the client a round trip, and the server half a one more", () => {
    const world = duo();
    world.server(world.b, 80);
    world.client(world.a, world.b.address, 80);
    expect(world.run(100)).toEqual(["20 client connected", "30 server accepts"]);
  });

  test("is refused by a machine where nobody listens", () => {
    const world = duo();
    world.client(world.a, world.b.address, 80);
    expect(world.run(100)).toEqual(["20 client ECONNREFUSED"]);
  });

  test("times out after 127 s where nothing answers", () => {
    const world = duo();
    world.b.powerOff();
    world.client(world.a, world.b.address, 80);
    expect(world.run(200_000)).toEqual(["127000 client ETIMEDOUT"]);
  });

  test("a lost SYN costs a second, the next one two more", () => {
    const world = duo();
    world.server(world.b, 80);
    const link = world.network.link(world.a, world.b);
    link.blocked = true;
    world.client(world.a, world.b.address, 80);
    world.after(1_500, () => (link.blocked = false));
    expect(world.run(5_000)).toEqual(["3020 client connected", "3030 server accepts"]);
  });

  test("a lost answer is asked for again", () => {
    const world = duo();
    world.server(world.b, 80);
    const back = world.network.link(world.b, world.a);
    back.blocked = true;
    world.client(world.a, world.b.address, 80);
    world.after(500, () => (back.blocked = false));
    expect(world.run(5_000)).toEqual(["1020 client connected", "1030 server accepts"]);
  });

  test("to an address that nobody has fails, at once beyond the network", () => {
    const world = duo();
    world.client(world.a, "10.0.9.9", 80);
    world.client(world.a, "192.0.2.1", 80, "outside");
    expect(world.run(10_000)).toEqual([
      "0 outside ENETUNREACH at once",
      "3072 client EHOSTUNREACH",
    ]);
  });

  test("a full backlog drops the SYN, and the client tries again", () => {
    const world = duo();
    const server = world.server(world.b, 80);
    listen(server.socket, 0);
    const acceptOne = server.onConnection;
    server.onConnection = () => {};
    world.client(world.a, world.b.address, 80, "first");
    world.after(50, () => world.client(world.a, world.b.address, 80, "second"));
    world.after(500, acceptOne);
    world.after(500, () => (server.onConnection = acceptOne));
    expect(world.run(3_000)).toEqual([
      "20 first connected",
      "500 server accepts",
      "1070 second connected",
      "1080 server accepts",
    ]);
  });
});

describe("data", () => {
  test("arrives in order, however the latency varies", () => {
    const world = duo();
    world.network.setLatency({ minNs: 1e6, maxNs: 50e6 });
    const { client, server } = world.pair(world.a, world.b);
    for (let i = 0; i < 10; i++) world.after(i, () => client.write(String(i)));
    world.run(500);
    expect(server.text).toBe("0123456789");
  });

  test("what one turn writes arrives in one piece", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    world.after(0, () => {
      client.write("one ");
      client.write("two");
    });
    expect(world.run(100)).toEqual(['110 accepted reads "one two"']);
  });

  test("a lost segment costs the retransmission timeout: 200 ms and the round trip", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const link = world.network.link(world.a, world.b);
    link.loss = 1;
    client.write("hello");
    link.loss = 0;
    expect(world.run(1_000)).toEqual(['330 accepted reads "hello"']);
  });

  test("a gap is filled sooner when something arrives behind it", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const link = world.network.link(world.a, world.b);
    link.loss = 1;
    client.write("first ");
    link.loss = 0;
    world.after(1, () => client.write("second"));
    // The report of the gap, a quarter of a round trip to make sure, and the way there.
    expect(world.run(1_000)).toEqual(['136 accepted reads "first second"']);
  });

  test("waits for the end of a partition, and a while longer", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const link = world.network.link(world.a, world.b);
    link.blocked = true;
    client.write("hello");
    world.after(10_000, () => (link.blocked = false));
    // Tries after 0.22, 0.44, 0.88, 1.76, 3.52, 7.04 and 14.08 s.
    expect(world.run(60_000)).toEqual(['14190 accepted reads "hello"']);
  });

  test("a segment under way when the link breaks does not arrive", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const link = world.network.link(world.a, world.b);
    client.write("hello");
    world.after(5, () => (link.blocked = true));
    world.after(50, () => (link.blocked = false));
    expect(world.run(1_000)).toEqual(['330 accepted reads "hello"']);
  });

  test("a partition that lasts ends the connection at the side that sends", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    world.network.link(world.a, world.b).blocked = true;
    client.write("hello");
    const [end, ...rest] = world.run(2_000_000);
    expect(rest).toEqual([]);
    const [ms, ...words] = (end as string).split(" ");
    expect(words.join(" ")).toBe("client reads ETIMEDOUT");
    expect(Number(ms) / 1_000).toBeGreaterThan(924);
    expect(Number(ms) / 1_000).toBeLessThan(1_100);
  });

  // A real machine's timeout is 204 ms on a near link, in ticks of 4 ms; it doubles to 104,448 ms and stays at 120 s.
  // With rounder 200 ms, it would give up two minutes later.
  test.each([
    [0.05, 928.9],
    [10, 945.3],
  ])(
    "with %d ms each way ends %d s after the write, as Linux's timeouts add up",
    (latencyMs, endS) => {
      const world = duo();
      world.network.setLatency({ minNs: latencyMs * 1e6, maxNs: latencyMs * 1e6 });
      const { client } = world.pair(world.a, world.b);
      const beganMs = world.kernel.nowNs / 1e6;
      world.network.link(world.b, world.a).blocked = true;
      client.write("hello");
      const line = world.run(2_000_000).at(-1) as string;
      expect(line).toMatch(/client reads ETIMEDOUT/);
      expect((Number(line.split(" ")[0]) - beganMs) / 1_000).toBeCloseTo(endS, 0);
    },
  );

  test("one way only: what was delivered is not delivered again, yet the sender gives up", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    world.network.link(world.b, world.a).blocked = true;
    client.write("hello");
    const lines = world.run(2_000_000);
    expect(lines[0]).toBe('110 accepted reads "hello"');
    expect(lines[1]).toMatch(/client reads ETIMEDOUT/);
    expect(server.text).toBe("hello");
  });

  test("needs the time that the bandwidth takes", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    world.network.link(world.a, world.b).bandwidth = 1_000_000;
    let left = 1_000_000;
    const write = (): void => {
      while (left > 0) {
        const taken = client.socket.write(new Uint8Array(Math.min(left, 50_000)));
        left -= taken;
        if (taken === 0) return client.socket.awaitWritable();
      }
    };
    client.onWritable = write;
    let doneNs = 0;
    server.onData = () => {
      if (server.received === 1_000_000) doneNs = world.kernel.nowNs;
    };
    write();
    world.run(5_000);
    expect(server.received).toBe(1_000_000);
    expect(doneNs / 1e9).toBeGreaterThan(1.1);
    expect(doneNs / 1e9).toBeLessThan(1.3);
  });

  test("stops at two full buffers when nobody reads, and goes on when someone does", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    server.socket.stopReading();
    let taken = 0;
    const write = (): void => {
      for (;;) {
        const now = client.socket.write(new Uint8Array(10_000));
        taken += now;
        if (now < 10_000) return client.socket.awaitWritable();
      }
    };
    client.onWritable = write;
    write();
    world.run(10_000);
    // The writer is woken when a third of its buffer is free.
    expect(taken).toBeGreaterThan(131_072 + 87_000);
    expect(taken).toBeLessThanOrEqual(2 * 131_072);
    server.socket.startReading();
    world.run(1_000);
    expect(taken).toBeGreaterThan(2 * 131_072);
    expect(server.received).toBeGreaterThan(131_072);
  });
});

describe("ends", () => {
  test("FIN ends one direction; the other goes on", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    client.write("question");
    client.socket.shutdown();
    world.after(100, () => {
      server.write("answer");
      server.socket.close();
    });
    expect(world.run(1_000)).toEqual([
      '110 accepted reads "question"',
      "110 accepted reads EOF",
      '210 client reads "answer"',
      "210 client reads EOF",
    ]);
    expect(client.write("more")).toBe("EPIPE");
  });

  test("closing before all is read resets the peer", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    server.socket.stopReading();
    client.write("never read");
    world.after(50, () => server.socket.close());
    expect(world.run(1_000)).toEqual(["160 client reads ECONNRESET"]);
    expect(client.write("more")).toBe("EPIPE");
  });

  test("data for a socket that is closed is answered with a reset", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    client.socket.stopReading();
    server.socket.close();
    world.run(100);
    expect(client.write("are you there?")).toBe(14);
    world.run(100);
    expect(client.write("hello?")).toBe("EPIPE");
  });

  test("a process that dies says goodbye through its system", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    client.write("hello");
    world.run(100);
    server.process.terminate({ code: null, signal: "SIGKILL" });
    expect(world.run(1_000)).toEqual(["210 client reads EOF"]);
  });

  test("a machine that dies says nothing; when it is back it knows nothing", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    world.b.powerOff();
    expect(world.run(60_000)).toEqual([]);
    client.write("hello");
    world.after(1_000, () => world.b.powerOn());
    expect(world.run(10_000)).toEqual(["61880 client reads ECONNRESET"]);
  });

  test("keep-alive notices a silent peer after its idle time and all probes", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const options = { idleNs: 5e9, intervalNs: 1e9, count: 10 };
    client.socket.keepAlive = new KeepAlive(client.socket, options);
    client.socket.keepAlive.start(options);
    world.after(20_000, () => world.b.powerOff());
    const lines = world.run(60_000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^3\d{4}(\.\d)? client reads ETIMEDOUT$/);
  });

  test("keep-alive learns from a machine that is back that the connection is gone", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const options = { idleNs: 5e9, intervalNs: 1e9, count: 10 };
    client.socket.keepAlive = new KeepAlive(client.socket, options);
    client.socket.keepAlive.start(options);
    world.b.powerOff();
    world.after(100, () => world.b.powerOn());
    expect(world.run(60_000)).toEqual(["5120 client reads ECONNRESET"]);
  });

  test("keep-alive asks nothing while data is under way, however slowly", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const options = { idleNs: 2e9, intervalNs: 1e9, count: 10 };
    client.socket.keepAlive = new KeepAlive(client.socket, options);
    client.socket.keepAlive.start(options);
    world.network.setLatency({ minNs: 15e9, maxNs: 15e9 });
    client.write("slow");
    // Linux repeats the data until it is acknowledged. Only then do twelve seconds without an answer end the connection.
    const lines = world.run(40_000);
    expect(lines[0]).toMatch(/^15\d{3}(\.\d)? accepted reads "slow"$/);
    expect(lines[1]).toMatch(/^2[789]\d{3}(\.\d)? client reads ETIMEDOUT$/);
  });

  test("a paused process's system goes on answering", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    server.process.pause();
    client.write("one ");
    world.after(100, () => client.write("two"));
    world.after(500, () => server.process.resume());
    expect(world.run(1_000)).toEqual(['600 accepted reads "one two"']);
    expect(client.socket.sender.ackedSeq).toBe(7);
  });
});

describe("ports", () => {
  test("are handed out in order, and wait a minute after a connection", () => {
    const world = duo();
    world.server(world.b, 80, (end) => end.socket.startReading());
    const first = world.client(world.a, world.b.address, 80);
    const second = world.client(world.a, world.b.address, 80);
    expect([first.socket.localPort, second.socket.localPort]).toEqual([32_768, 32_769]);
  });

  test("in use are refused to a listener, unless shared by all", () => {
    const world = duo();
    const stack = world.network.stackOf(world.a);
    const process = world.a.spawn();
    const open = (address: string, reusePort = false): string => {
      const socket = new TcpSocket(stack, process);
      const error = bind(socket, {
        address,
        port: 80,
        family: address.includes(":") ? 6 : 4,
        reusePort,
      });
      return named(error === 0 ? listen(socket, 1) : error);
    };
    expect(open("127.0.0.1")).toBe("0");
    expect(open(world.a.address)).toBe("0");
    expect(open("0.0.0.0")).toBe("EADDRINUSE");
    expect(open("::")).toBe("EADDRINUSE");
    expect(open("192.0.2.1")).toBe("EADDRNOTAVAIL");
  });

  test("shared by all who ask for it, a port spreads its connections", () => {
    const world = duo();
    const stack = world.network.stackOf(world.b);
    const counts = [0, 0];
    for (const index of [0, 1]) {
      const socket = new TcpSocket(stack, world.b.spawn());
      bind(socket, { address: "0.0.0.0", port: 80, family: 4, reusePort: true });
      expect(listen(socket, 10)).toBe(0);
      socket.events = {
        onConnect: () => {},
        onReadable: () => {},
        onWritable: () => {},
        onConnection: () => counts[index]!++,
      };
    }
    for (let i = 0; i < 10; i++) world.client(world.a, world.b.address, 80);
    world.run(100);
    expect(counts[0]! + counts[1]!).toBe(10);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

describe("whatever the network does", () => {
  /** Both ends send numbered bytes while faults come and go; gives what arrived and the fingerprint. */
  function chaos(seed: number): { toServer: boolean; toClient: boolean; fingerprint: string } {
    const world = duo(seed);
    const { client, server } = world.pair(world.a, world.b);
    const prng = world.kernel.prng.fork("chaos");
    const links = [world.network.link(world.a, world.b), world.network.link(world.b, world.a)];
    const total = 300_000;
    const flow = (from: typeof client, to: typeof client): (() => boolean) => {
      let sent = 0;
      let got = 0;
      let right = true;
      to.onData = (bytes) => {
        for (const byte of bytes) right &&= byte === got++ % 251;
      };
      const write = (): void => {
        while (sent < total) {
          const size = Math.min(1 + prng.below(9_000), total - sent);
          const taken = from.socket.write(
            Uint8Array.from({ length: size }, (_, i) => (sent + i) % 251),
          );
          sent += Math.max(taken, 0);
          if (taken < size) return from.socket.awaitWritable();
          if (prng.chance(0.3)) {
            world.after(prng.below(50), write);
            return;
          }
        }
      };
      from.onWritable = write;
      write();
      return () => right && got === total;
    };
    const toServer = flow(client, server);
    const toClient = flow(server, client);
    for (let ms = 0; ms < 20_000; ms += 500) {
      world.after(ms, () => {
        for (const link of links) {
          link.blocked = prng.chance(0.2);
          link.loss = prng.chance(0.5) ? prng.float() * 0.3 : 0;
          link.corrupt = prng.chance(0.2) ? 0.05 : 0;
          link.maxLatencyNs = link.minLatencyNs + prng.below(100e6);
          link.extraLatencyNs = prng.chance(0.2) ? prng.below(500e6) : 0;
          link.bandwidth = prng.chance(0.3) ? 200_000 : Infinity;
        }
        for (const end of [client, server]) {
          if (prng.chance(0.3)) end.socket.stopReading();
          else end.socket.startReading();
          if (prng.chance(0.1)) end.process.pause();
          else end.process.resume();
        }
      });
    }
    world.after(20_000, () => {
      for (const link of links) {
        Object.assign(link, { blocked: false, loss: 0, corrupt: 0, extraLatencyNs: 0 });
        link.bandwidth = Infinity;
      }
      for (const end of [client, server]) {
        end.process.resume();
        end.socket.startReading();
      }
    });
    world.run(400_000);
    return {
      toServer: toServer(),
      toClient: toClient(),
      fingerprint: world.kernel.fingerprint.digest(),
    };
  }

  test("bytes arrive once, in order and all of them, in both directions", () => {
    for (let seed = 1; seed <= 100; seed++) {
      expect({ seed, ...chaos(seed) }).toMatchObject({ seed, toServer: true, toClient: true });
    }
  });

  test("the same seed gives the same run", () => {
    expect(chaos(7).fingerprint).toBe(chaos(7).fingerprint);
    expect(chaos(7).fingerprint).not.toBe(chaos(8).fingerprint);
  });
});

test("error numbers are Linux's", () => {
  expect(Errno.ECONNREFUSED).toBe(-111);
  expect(named(-104)).toBe("ECONNRESET");
});
