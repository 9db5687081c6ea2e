/**
 * The Redis block on a real socket beside the real server: commands a second from one raw connection,
 * pipelined and not, and what a world pays for it: starting a server, and a script's first and later calls.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { freePort } from "../tools/free-port.mjs";
import { median } from "./median.mjs";

const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

async function open(port) {
  for (let attempt = 0; ; attempt++) {
    const socket = connect(port, "127.0.0.1");
    socket.setNoDelay(true);
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      if (attempt === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function startServer(command, args) {
  const child = spawn(command, args, { stdio: "ignore" });
  return { stop: () => child.kill("SIGKILL"), child };
}

const request = (...args) =>
  `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join("")}`;

/** Sends `total` requests, `depth` at a time, and gives commands a second. Every reply has `replyBytes`. */
function commandsPerSecond(socket, { text, replyBytes, depth, total }) {
  const batch = Buffer.from(text.repeat(depth));
  return new Promise((resolve) => {
    const start = process.hrtime.bigint();
    let left = total / depth;
    let due = 0;
    const send = () => {
      due = depth * replyBytes;
      socket.write(batch);
    };
    const take = (chunk) => {
      due -= chunk.length;
      if (due > 0) return;
      if (--left > 0) return send();
      socket.off("data", take);
      resolve(total / (Number(process.hrtime.bigint() - start) / 1e9));
    };
    socket.on("data", take);
    send();
  });
}

const value = "v".repeat(32);
const script = "if redis.call('get',KEYS[1]) == ARGV[1] then return 1 else return 0 end";
const loads = [
  { name: "SET, pipelined by 64", text: request("SET", "key", value), replyBytes: 5, depth: 64 },
  { name: "GET, pipelined by 64", text: request("GET", "key"), replyBytes: 39, depth: 64 },
  { name: "SET, one at a time", text: request("SET", "key", value), replyBytes: 5, depth: 1 },
  { name: "GET, one at a time", text: request("GET", "key"), replyBytes: 39, depth: 1 },
  { name: "ZADD, pipelined by 64", text: request("ZADD", "z", "1", "m"), replyBytes: 4, depth: 64 },
  {
    name: "EVAL, pipelined by 64",
    text: request("EVAL", script, "1", "key", value),
    replyBytes: 4,
    depth: 64,
  },
];

async function measure(port) {
  const socket = await open(port);
  const out = [];
  for (const load of loads) {
    const total = load.depth === 1 ? 8_000 : 64_000;
    socket.write(request("DEL", "z"));
    await once(socket, "data");
    out.push(await median(() => commandsPerSecond(socket, { ...load, total })));
  }
  socket.destroy();
  return out;
}

/** What a world pays: making a server, and an engine of scripts with its first script, in this process. */
async function measureStart(report) {
  const { Server } = await import("../dist/blocks/redis/server.js");
  const { ScriptEngine } = await import("../dist/blocks/redis/scripting/engine.js");
  const rounds = 200;
  const microsEach = (work) =>
    median(
      () => {
        const begin = process.hrtime.bigint();
        for (let i = 0; i < rounds; i++) work();
        return Number(process.hrtime.bigint() - begin) / rounds / 1_000;
      },
      { runs: 9 },
    );
  let server;
  const making = await microsEach(() => (server = new Server()));
  report({ name: "redis: making a server", value: making, unit: "µs" });
  const loading = await microsEach(() => new ScriptEngine(server).load(script));
  report({ name: "redis: an engine and its first script", value: loading, unit: "µs" });
}

export default async function redis(report) {
  const port = await freePort();
  const ours = await startServer(process.execPath, [cli, "serve", "redis", "--port", String(port)]);
  const figures = await measure(port).finally(ours.stop);
  let peers = [];
  const installed = spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;
  if (installed) {
    const peerPort = await freePort();
    const options = `--port ${peerPort} --bind 127.0.0.1 --appendonly no --save`.split(" ");
    const peer = await startServer("redis-server", [...options, ""]);
    peers = await measure(peerPort).finally(peer.stop);
  }
  loads.forEach(({ name }, index) => {
    const peer = peers[index];
    report({
      name: `redis: ${name}`,
      value: figures[index],
      unit: "commands/s",
      ...(peer === undefined
        ? {}
        : { peer: `redis-server ${Math.round(peer)}`, ratio: figures[index] / peer }),
    });
  });
  await measureStart(report);
}
