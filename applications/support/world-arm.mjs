/**
 * The arm of a world, in a process of its own so that its processor time is its own: `WORLD`. Runs the world twice
 * without faults and prints one line of JSON: the answers of its first walk, what was violated, events, fingerprints,
 * and the processor seconds of loading, of the first and of the second run.
 */
import * as blocks from "../../dist/blocks/index.js";
import { loadWorld } from "../../dist/world/load.js";
import { runWorld } from "../../dist/world/run.js";
import { answersIn } from "./answers.mjs";

const [path] = process.argv.slice(2);
let lastCpu = process.cpuUsage();
const cpu = () => {
  const used = process.cpuUsage(lastCpu);
  lastCpu = process.cpuUsage();
  return (used.user + used.system) / 1e6;
};

const loaded = await loadWorld(path, { "lightcone/blocks": blocks });
const calm = { ...loaded, plan: { ...loaded.plan, faults: [] } };
const loadS = cpu();
const first = await runWorld(calm, { seed: 1 });
const firstS = cpu();
// Recording what is printed changes nothing of a run.
const second = await runWorld(calm, { seed: 1, timeline: true });
const secondS = cpu();
const { timeline } = second;
const lines = timeline.filter(({ who }) => who === "client").map(({ text }) => text);
console.log(
  JSON.stringify({
    answers: answersIn(lines),
    walks: lines.filter((text) => text.startsWith("walked ")).length,
    givenUp: lines.filter((text) => text.startsWith("given up ")),
    violations: first.violations.map(({ check, story }) => `${check}: ${story.summary}`),
    last: timeline
      .filter(({ tone }) => tone !== "operation")
      .slice(-15)
      .map(({ who, text }) => `${who}: ${text}`),
    events: first.events,
    simulatedS: first.simulatedNs / 1e9,
    fingerprints: [first.fingerprint, second.fingerprint],
    cpu: { loadS, firstS, secondS },
  }),
);
