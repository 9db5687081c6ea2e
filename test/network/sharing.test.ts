/** One socket, several processes: passed over a Unix socket, shared, and let go of one after the other. */
import { describe, expect, test } from "vitest";
import { simulate } from "../../src/node/index.ts";
import { startScript } from "../../src/node/program/script.ts";
import { diskOf, plantFile } from "../../src/sim/disk/index.ts";
import {
  accept,
  bind,
  connectUnix,
  listen,
  TcpSocket,
  UdpSocket,
} from "../../src/sim/network/index.ts";
import { makeWorld, start } from "./arms.ts";
import { Bench } from "./wire.ts";

const silent = {
  onConnect: () => {},
  onReadable: () => {},
  onWritable: () => {},
  onConnection: () => {},
};

describe("a socket that is passed", () => {
  test("comes with the bytes that it was sent with, and splits a read in front of them", () => {
    const world = new Bench();
    const host = world.host("a");
    const stack = world.network.stackOf(host);
    const [left, right] = [host.spawn(), host.spawn()];
    const listener = new TcpSocket(stack, right, true);
    listener.path = "pair";
    listen(listener, 1);
    const sender = new TcpSocket(stack, left, true);
    connectUnix(sender, listener);
    world.run(1);
    const receiver = accept(listener) as TcpSocket;
    const text = (bytes: Uint8Array | number): string =>
      typeof bytes === "number" ? String(bytes) : String.fromCharCode(...bytes);
    sender.write(Uint8Array.from([97, 98]));
    sender.attach("the socket");
    sender.write(Uint8Array.from([99, 100]));
    sender.write(Uint8Array.from([101]));
    world.run(1);
    expect(text(receiver.read(100))).toBe("ab");
    expect(receiver.takeRights()).toBeUndefined();
    expect(text(receiver.read(100))).toBe("cde");
    expect(receiver.takeRights()).toBe("the socket");
  });

  test("stays open until its last holder has gone, one by closing and one by dying", () => {
    const world = new Bench();
    const host = world.host("a");
    const stack = world.network.stackOf(host);
    const [first, second] = [host.spawn(), host.spawn()];
    const socket = new TcpSocket(stack, first);
    socket.events = { ...silent };
    bind(socket, { address: "0.0.0.0", port: 80, family: 4 });
    listen(socket, 1);
    socket.passTo(second, { ...silent });
    first.terminate({ code: 0, signal: null });
    expect(socket.listening).toBe(true);
    socket.release(socket.events as typeof silent);
    expect(socket.listening).toBe(false);
  });

  test("tells its holders in turn, and those who are left when one closes", () => {
    const world = new Bench();
    const [a, b] = [world.host("a"), world.host("b")];
    const shared = new UdpSocket(world.network.stackOf(b), b.spawn());
    shared.bind({ address: "0.0.0.0", port: 9, family: 4 });
    const counts = [0, 0];
    const holders = counts.map((_, index) => ({
      onReadable() {
        if (typeof shared.receive() !== "number") counts[index]!++;
        shared.receiveAgain();
      },
    }));
    for (const events of holders) {
      const process = b.spawn();
      shared.passTo(process, events);
      shared.startReceiving(process, events);
    }
    const sender = new UdpSocket(world.network.stackOf(a), a.spawn());
    const send = (): number => sender.send(new Uint8Array(1), b.address, 9);
    for (let i = 0; i < 10; i++) world.after(i, send);
    world.run(100);
    expect(counts).toEqual([5, 5]);
    shared.release(holders[1] as (typeof holders)[0]);
    for (let i = 0; i < 10; i++) world.after(i, send);
    world.run(100);
    expect(counts).toEqual([15, 5]);
  });
});

const CLUSTER = `
  const cluster = require("node:cluster");
  if (cluster.isPrimary) {
    for (let i = 0; i < 2; i++) cluster.fork();
    cluster.on("exit", (worker) => {
      console.log("worker", worker.id, "is gone");
      cluster.fork();
    });
  } else {
    require("node:http")
      .createServer((request, response) => {
        response.end(String(cluster.worker.id));
        if (request.url === "/die") setImmediate(() => process.exit(1));
      })
      .listen(8000);
  }
`;

test("a cluster shares a port among its workers, and replaces those who die", async () => {
  const answers: string[] = [];
  let output = "";
  await simulate(() => {
    answers.length = 0;
    output = "";
    const { kernel, hosts } = makeWorld(1, "server", "client");
    const code = Buffer.from(CLUSTER);
    plantFile(diskOf(hosts.server).fs, "/app/main.js", () => code, { size: code.length });
    startScript(hosts.server.spawn(), "/app/main.js", {
      onOutput: (_stream, text) => {
        output += text;
      },
    });
    start(hosts.client, ({ net, setTimeout }) => {
      const paths = ["/", "/", "/die", "/", "/", "/"];
      const ask = (): void => {
        const path = paths.shift();
        if (path === undefined) return;
        const socket = net.connect(8000, "server");
        let text = "";
        socket.setEncoding("utf8").on("data", (data) => (text += data));
        socket.on("close", () => {
          answers.push(text.slice(text.indexOf("\r\n\r\n") + 4));
          setTimeout(ask, 1_000);
        });
        socket.end(`GET ${path} HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n`);
      };
      setTimeout(ask, 1_000);
    });
    kernel.run(20e9);
  });
  expect(answers).toHaveLength(6);
  expect(new Set(answers)).toEqual(new Set(["1", "2", "3"]));
  expect(output).toMatch(/worker [12] is gone/);
});
