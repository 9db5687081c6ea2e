/**
 * The platform as programs see it: HTTP in a world beside HTTP over real loopback sockets, turn and turn about,
 * what it takes to start a host of an express application, and whether runs leave memory behind.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { engineFlags } from "../dist/explore/index.js";
import { simulate, startProgram } from "../dist/node/index.js";
import { Host } from "../dist/sim/host.js";
import { Kernel } from "../dist/sim/kernel.js";
import { Network } from "../dist/sim/network/index.js";
import { programNamed } from "./worlds/world.mjs";

const STARTS = 200;
const RUNS = 10_000;

export default async function platform(report) {
  const worlds = [];
  const loopbacks = [];
  for (let round = 0; round < 5; round++) {
    const world = arm("world");
    const loopback = arm("loopback");
    worlds.push(world);
    loopbacks.push(loopback);
  }
  const [value, peer] = [middle(worlds), middle(loopbacks)];
  const ratio = value / peer;
  report({
    name: "http request-response, against real loopback",
    value,
    unit: "requests/s",
    peer: Math.round(peer),
    ratio,
    target: 1.2,
    met: ratio >= 1.2,
  });

  const startMs = middle(await expressStarts());
  report({
    name: "start of a host of an express application",
    value: startMs,
    unit: "ms",
    target: 10,
    met: startMs <= 10,
  });

  const { beforeMb, afterMb } = await memory();
  report({
    name: `heap after ${RUNS} runs in one process`,
    value: afterMb,
    unit: "MB",
    peer: Math.round(beforeMb),
    ratio: afterMb / beforeMb,
    target: 1.1,
    met: afterMb / beforeMb <= 1.1,
  });
}

/** Requests per second of one arm. */
function arm(name) {
  const program = fileURLToPath(new URL("http-arm.mjs", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [...engineFlags, program, name], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the http arm ${name} failed: ${stderr}`);
  return Number(stdout);
}

/** Milliseconds from spawning a process until its application listens, module evaluation included. */
async function expressStarts() {
  const program = await programNamed("express");
  const now = performance.now.bind(performance);
  const times = [];
  for (let i = 0; i < STARTS; i++) {
    times.push(
      await simulate(() => {
        const startMs = now();
        const kernel = new Kernel({ seed: i });
        const network = new Network(kernel);
        const host = new Host(kernel, { id: 1, name: "web" });
        network.attach(host);
        startProgram(host.spawn(), program, {});
        kernel.run(1e9);
        return now() - startMs;
      }),
    );
  }
  // The first starts are those of a cold process; whoever explores, starts thousands.
  return times.slice(STARTS / 10);
}

async function memory() {
  const program = await programNamed("echo");
  const client = await programNamed("pingpong");
  const run = (seed) =>
    simulate(() => {
      const kernel = new Kernel({ seed });
      const network = new Network(kernel);
      const hosts = ["server", "client"].map((name, i) => new Host(kernel, { id: i + 1, name }));
      for (const host of hosts) network.attach(host);
      startProgram(hosts[0].spawn(), program, {});
      startProgram(hosts[1].spawn(), client, { argv: ["server", "5"] });
      kernel.run(5e9);
    });
  const heapMb = async () => {
    // Garbage of the last run is still referenced from the stack of the turn that ran it.
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      globalThis.gc?.();
    }
    return process.memoryUsage().heapUsed / 1e6;
  };
  if (!globalThis.gc) {
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    setFlagsFromString("--expose-gc");
    globalThis.gc = runInNewContext("gc");
  }
  // Until V8 has compiled what it will compile; from there on nothing may stay.
  for (let seed = 0; seed < 3_000; seed++) await run(seed);
  const beforeMb = await heapMb();
  for (let seed = 0; seed < RUNS; seed++) await run(seed);
  return { beforeMb, afterMb: await heapMb() };
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
