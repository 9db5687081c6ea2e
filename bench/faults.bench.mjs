/**
 * What faults cost that strike elsewhere: the same world without any fault, and with every word for faults allowed, on hosts
 * that take no part. Drawing, beginning and lifting faults, and looking on each packet, call and turn whether one
 * concerns it, is all that the second one does more. Words that start programs again are left out, since starting is not
 * the faults' work. Runs alternate in one process, in processor time; a third arm without faults shows the noise.
 */
import { fileURLToPath } from "node:url";
import { faultWordNames } from "../dist/sim/faults/index.js";
import { faultSource } from "../dist/world/fault-sources.js";
import { loadWorld } from "../dist/world/load.js";
import { runWorld } from "../dist/world/run.js";

const WORLD = fileURLToPath(new URL("worlds/faults.world.ts", import.meta.url));
const STARTING = ["crash", "crashAt", "die", "replace", "restart", "upgrade"];
const ROUNDS = 13;
const TARGET = 1.05;

async function run(world, seed) {
  const before = process.cpuUsage();
  const { faultsBegun } = await runWorld(world, { seed });
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1_000, faultsBegun };
}

/** A robust measure of the least that a run takes: others only ever make it longer. */
function lowerQuartile(times) {
  return times.toSorted((a, b) => a - b)[times.length >> 2];
}

export default async function faults(report) {
  const off = await loadWorld(WORLD, {});
  const hosts = off.plan.hosts.map(({ name }) => name);
  const idle = hosts.filter((name) => name.startsWith("idle"));
  const words = faultWordNames.filter((word) => !STARTING.includes(word));
  const sources = words.map((word) => faultSource(word, idle, hosts, {}));
  const on = { ...off, plan: { ...off.plan, faults: sources } };
  const arms = { off, on, again: off };
  const times = { off: [], on: [], again: [] };
  let begun = 0;
  for (let round = -1; round < ROUNDS; round++) {
    // Each arm has the collector's work of the one before it, so they take turns.
    const names = Object.keys(arms);
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round + names.length) % names.length];
      const { ms, faultsBegun } = await run(arms[name], round + 10);
      if (round < 0) continue;
      times[name].push(ms);
      begun += faultsBegun;
    }
  }
  const base = lowerQuartile(times.off);
  const ratio = lowerQuartile(times.on) / base;
  report({
    name: `a run with faults elsewhere (${Math.round(begun / ROUNDS)} a run)`,
    value: ratio,
    unit: "times one without",
    target: `${TARGET} or less`,
    ratio,
    met: ratio <= TARGET,
  });
  report({
    name: "the same without faults, twice",
    value: lowerQuartile(times.again) / base,
    unit: "times one without",
  });
}
