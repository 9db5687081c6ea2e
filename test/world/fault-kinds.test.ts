/**
 * Every kind of fault, from the world's one word for it to the story: it is drawn, programs notice it, and
 * of all that was drawn the shortest story keeps one.
 */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { RunnerPool } from "../../src/explore/pool.ts";
import { shrinkRun } from "../../src/explore/shrink-run.ts";
import type { Fault, FaultWordName } from "../../src/sim/faults/index.ts";
import { faultSource } from "../../src/world/fault-sources.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import type { RunOutcome, RunRequest } from "../../src/world/outcome.ts";
import { runWorld } from "../../src/world/run.ts";

const servers = ["server-1", "server-2"];
const hosts = [...servers, "client-1", "client-2"];
const SEEDS_MAX = 60;

let pings: LoadedWorld;
beforeAll(async () => {
  pings = await loadWorld(fileURLToPath(new URL("worlds/pings.world.ts", import.meta.url)), {});
});

/** The world with faults of one kind, run here. */
function withFaults(kind: FaultWordName): (request: RunRequest) => Promise<RunOutcome> {
  const targets = ["crash", "pause", "clock"].includes(kind) ? servers : hosts;
  const faults = [faultSource(kind, targets, hosts, {})];
  return (request) => runWorld({ ...pings, plan: { ...pings.plan, faults } }, request);
}

/** The first run with a fault of such a form that programs notice, shrunk. */
async function findAndShrink(
  kind: FaultWordName,
  form: (fault: Fault) => boolean,
): Promise<RunOutcome> {
  const run = withFaults(kind);
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    // What is drawn is known before the run begins.
    const { schedule } = await run({ seed, untilNs: 1 });
    const one = schedule.filter(form);
    const found = one.length > 0 ? await run({ seed, schedule: one }) : undefined;
    if (found?.verdict !== "violated") continue;
    const pool = { size: 1, run, info: { survivals: [] } } as unknown as RunnerPool;
    return (await shrinkRun(pool, found)).outcome;
  }
  throw new Error(`no run of ${SEEDS_MAX} has noticed such a fault`);
}

describe("faults that programs notice", () => {
  const forms: [string, FaultWordName, (fault: Fault) => boolean, RegExp][] = [
    [
      "a crash of a process",
      "crash",
      (fault) => fault.kind === "crash" && fault.params.how === "process",
      /^server-\d crashes, down for [\d.]+m?s$/,
    ],
    [
      "a loss of power",
      "crash",
      (fault) => fault.kind === "crash" && fault.params.how === "machine",
      /^server-\d (?:crashes, down|loses power) for [\d.]+m?s$/,
    ],
    ["a pause", "pause", () => true, /^server-\d pauses for [\d.]+m?s$/],
    [
      "the isolation of a host",
      "partition",
      (fault) => fault.kind === "partition" && fault.params.shape === "isolate",
      /^(?:server|client)-\d to (?:server|client)-\d is cut for/,
    ],
    [
      "a split in two",
      "partition",
      ({ kind, params }) =>
        kind === "partition" && params.shape === "split" && params.both === true,
      /^(?:server|client)-\d to (?:server|client)-\d is cut for/,
    ],
    [
      "a partition one way",
      "partition",
      (fault) => fault.kind === "partition" && !fault.params.both,
      /^(?:server|client)-\d to (?:server|client)-\d is cut for/,
    ],
    [
      "the cut of a single link",
      "partition",
      (fault) => fault.kind === "partition" && fault.params.shape === "link",
      /^(?:server|client)-\d to (?:server|client)-\d is cut for/,
    ],
    [
      "latency",
      "latency",
      () => true,
      /^what goes from \w+-\d to \w+-\d takes [\d.]+m?s longer for/,
    ],
    ["loss", "loss", () => true, /^what goes from \w+-\d to \w+-\d is lost at [\d.]+% for/],
    [
      "a clock that jumps",
      "clock",
      (fault) => fault.kind === "clock-step",
      /^server-\d: wall clock jumps (?:ahead|back) by [\d.]+m?s for/,
    ],
    [
      "a clock that drifts",
      "clock",
      (fault) => fault.kind === "clock-drift",
      /^server-\d: clock (?:gains|loses) [\d.]+% for/,
    ],
  ];
  it.each(forms)("%s: is told as the only fault that is needed", async (_, kind, form, words) => {
    const { schedule, violations } = await findAndShrink(kind, form);
    expect(schedule).toHaveLength(1);
    expect(schedule[0]?.targets).toHaveLength(1);
    const lines = violations[0]?.story.lines ?? [];
    const told = lines.filter(({ tone }) => tone === "fault");
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toMatch(words);
    expect(lines.some(({ who }) => who.startsWith("client"))).toBe(true);
  });
});
