/**
 * What Linux does below TCP's users: for processes that are stopped or killed, machines that die, clocks
 * that jump, and ports that run out. Links take 10 ms each way.
 */
import { describe, expect, test } from "vitest";
import type { Host } from "../../src/sim/host.ts";
import { connect, TcpSocket } from "../../src/sim/network/index.ts";
import { PortTable } from "../../src/sim/network/ports.ts";
import { Bench, named } from "./wire.ts";

function duo(seed?: number): Bench & { a: Host; b: Host } {
  const bench = new Bench(seed);
  return Object.assign(bench, { a: bench.host("a"), b: bench.host("b") });
}

describe("a process that is stopped", () => {
  test("has its connections made by its system, and finds them with their data when it goes on", () => {
    const world = duo();
    const server = world.server(world.b, 80, (end) => end.socket.startReading());
    server.process.pause();
    const first = world.client(world.a, world.b.address, 80, "first");
    world.after(30, () => first.write("still there?"));
    world.after(60, () => first.socket.shutdown());
    world.after(500, () => server.process.resume());
    expect(world.run(1_000)).toEqual([
      "20 first connected",
      "500 server accepts",
      '500 accepted reads "still there?"',
      "500 accepted reads EOF",
    ]);
  });

  test("is connected to by as many as its backlog holds; the others' SYNs go unanswered", () => {
    const world = duo();
    const server = world.server(world.b, 80);
    server.socket.backlog = 1;
    server.process.pause();
    for (const name of ["first", "second", "third"]) {
      world.client(world.a, world.b.address, 80, name);
      world.run(50);
    }
    world.after(450, () => server.process.resume());
    const lines = world.run(5_000);
    expect(lines.filter((line) => line.includes("accepts"))).toHaveLength(3);
    expect(lines).toContain("1120 third connected");
  });

  test("does not hear of a peer that has given up before it looks", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    server.process.pause();
    client.write("last words");
    world.after(50, () => client.socket.reset());
    world.after(500, () => server.process.resume());
    expect(world.run(1_000)).toEqual([
      '600 accepted reads "last words"',
      "600 accepted reads ECONNRESET",
    ]);
  });
});

describe("the end of a process", () => {
  test("resets connections with bytes that it has not read", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    server.socket.stopReading();
    client.write("never read");
    world.run(100);
    server.process.terminate({ code: null, signal: "SIGKILL" });
    expect(world.run(1_000)).toEqual(["210 client reads ECONNRESET"]);
  });

  test("resets those who wait in its backlog, and refuses those who come later", () => {
    const world = duo();
    const server = world.server(world.b, 80);
    server.onConnection = () => {};
    const early = world.client(world.a, world.b.address, 80, "early");
    world.run(50);
    early.socket.startReading();
    server.process.terminate({ code: null, signal: "SIGKILL" });
    world.run(5);
    world.client(world.a, world.b.address, 80, "late");
    expect(world.run(1_000)).toEqual(["60 early reads ECONNRESET", "75 late ECONNREFUSED"]);
  });

  test("is told to a writer by a reset: once as such, then as a broken pipe", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    client.socket.stopReading();
    server.socket.stopReading();
    client.write("never read");
    world.run(50);
    server.process.terminate({ code: null, signal: "SIGKILL" });
    world.run(50);
    expect([client.write("a"), client.write("b")]).toEqual(["ECONNRESET", "EPIPE"]);
  });
});

describe("the end of a machine", () => {
  test("is not told to anyone; who connects asks until it is back, and is then refused", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    world.b.powerOff();
    world.client(world.a, world.b.address, 7000, "late");
    world.after(2_000, () => world.b.powerOn());
    expect(world.run(10_000)).toEqual(["3120 late ECONNREFUSED"]);
    expect(client.socket.error).toBe(0);
    expect(server.process.alive).toBe(false);
  });
});

describe("a partition", () => {
  test("that heals lets both directions go on where they stood, as their timers come due", () => {
    const world = duo();
    const { client, server } = world.pair(world.a, world.b);
    const links = [world.network.link(world.a, world.b), world.network.link(world.b, world.a)];
    for (const link of links) link.block();
    client.write("there");
    world.after(200, () => server.write("back"));
    world.after(3_000, () => {
      for (const link of links) link.unblock();
    });
    // Tries 0.22, 0.44, 0.88, 1.76, 3.52 s after each was written.
    expect(world.run(10_000)).toEqual(['3630 accepted reads "there"', '3830 client reads "back"']);
  });

  test("may overlap with another: the link works when both are over", () => {
    const world = duo();
    const { client } = world.pair(world.a, world.b);
    const link = world.network.link(world.a, world.b);
    link.block();
    link.block();
    client.write("hello");
    world.after(100, () => link.unblock());
    world.after(1_000, () => link.unblock());
    expect(world.run(5_000)).toEqual(['1870 accepted reads "hello"']);
  });
});

describe("clocks", () => {
  test("may be wrong, jump and drift: TCP's timers count true time", () => {
    const times = [0, 1].map((wrong) => {
      const world = duo();
      const link = world.network.link(world.a, world.b);
      world.server(world.b, 80, (end) => end.socket.startReading());
      link.block();
      const client = world.client(world.a, world.b.address, 80);
      world.after(500, () => {
        if (wrong === 0) return;
        world.a.clock.stepWall(3_600e9);
        world.b.clock.stepWall(-86_400e9);
        world.a.clock.setDriftPpm(500);
      });
      world.after(2_000, () => link.unblock());
      world.after(3_100, () => {
        link.block();
        client.write("hello");
      });
      world.after(4_000, () => link.unblock());
      return world.run(20_000);
    });
    expect(times[0]).toEqual([
      "3020 client connected",
      "3030 server accepts",
      '4870 accepted reads "hello"',
    ]);
    expect(times[1]).toEqual(times[0]);
  });
});

describe("ports", () => {
  const EPHEMERAL = 60_999 - 32_768 + 1;

  test("of connections that are over wait a minute before they are handed out again", () => {
    const world = duo();
    const table = new PortTable<TcpSocket>();
    const socket = new TcpSocket(world.network.stackOf(world.a), undefined);
    const first = table.ephemeral(0);
    table.add(socket, first);
    table.remove(socket, first, 60e9);
    for (let i = 1; i < EPHEMERAL; i++) expect(table.ephemeral(1e9)).not.toBe(first);
    expect(table.ephemeral(59e9)).not.toBe(first);
    for (let i = 1; i < EPHEMERAL - 1; i++) table.ephemeral(60e9);
    expect(table.ephemeral(60e9)).toBe(first);
  });

  test("run out for one destination, while another has them all", () => {
    const world = duo();
    const stack = world.network.stackOf(world.a);
    const process = world.a.spawn();
    const dial = (port: number): { error: string; port: number } => {
      const socket = new TcpSocket(stack, process);
      const error = connect(socket, { address: world.b.address, port, family: 4 });
      return { error: named(error), port: socket.localPort };
    };
    const ports = new Set<number>();
    for (let i = 0; i < EPHEMERAL; i++) ports.add(dial(80).port);
    expect(ports.size).toBe(EPHEMERAL);
    expect(dial(80).error).toBe("EADDRNOTAVAIL");
    const [one, two] = [dial(81), dial(81)];
    expect([one.error, two.error]).toEqual(["0", "0"]);
    expect(one.port).not.toBe(two.port);
  });
});
