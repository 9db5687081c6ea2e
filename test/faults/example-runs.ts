/**
 * The examples of the faults: for each word of worlds a file in `examples`, with a naive program that its fault breaks
 * and a careful one that it does not. Their hosts' names begin with `naive` and `careful`. A run concerns one of the
 * two: the fault's targets are narrowed to its hosts.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as blocks from "../../src/blocks/index.ts";
import * as check from "../../src/check/index.ts";
import { shrinkRun, type RunnerPool } from "../../src/explore/index.ts";
import { renderViolation } from "../../src/report/index.ts";
import type { Fault, FaultSource } from "../../src/sim/faults/index.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import type { RunOutcome, RunRequest } from "../../src/world/outcome.ts";
import { runWorld } from "../../src/world/run.ts";

/** The major version of the Node that runs this. */
export const NODE = process.versions.node.replace(/\..*/, "");

/** Which of the two programs a run concerns. */
export type Who = "naive" | "careful";

/** A run of an example that is told on the page about faults: what can be repeated, and the story that it prints. */
export interface Recorded {
  /** The major version of Node that it ran on. Others may do the same at other times. */
  readonly node: string;
  readonly seed: number;
  readonly schedule: readonly Fault[];
  readonly story: readonly string[];
}

/** What some runs of an example have shown. */
export interface Shown {
  /** By kind of fault: how many there were, and how many of them took effect. */
  readonly kinds: Record<string, { drawn: number; effective: number }>;
  /** The outcomes in which the naive program was broken. */
  readonly broken: RunOutcome[];
  /** What was violated by the careful program, each with its seed. */
  readonly failures: string[];
}

/** The path of a file of a word's example: `crashAt` is in `crash-at.world.ts`. */
export function examplePath(word: string, ending = "world.ts"): string {
  const name = word.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return fileURLToPath(new URL(`examples/${name}.${ending}`, import.meta.url));
}

/** What is recorded of a word's example; `undefined` if nothing is. */
export function recordOf(word: string): Recorded | undefined {
  const path = examplePath(word, "story.json");
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as Recorded;
}

/** Loads the example of a word. */
export function loadExample(word: string): Promise<LoadedWorld> {
  return loadWorld(examplePath(word), { "lightcone/check": check, "lightcone/blocks": blocks });
}

/** The world, with faults for one of its programs alone. */
export function narrowed(world: LoadedWorld, who: Who): LoadedWorld {
  const faults = world.plan.faults.map((source): FaultSource => {
    const targets = source.targets.filter((name) => name.startsWith(who));
    return targets.length === 0 ? source : { ...source, targets };
  });
  return { ...world, plan: { ...world.plan, faults } };
}

/**
 * Makes runs of an example, the naive and the careful program in turn, with seeds from 1 on: at most `runs`, and no more
 * than `enough` once the naive program was broken and every kind of fault has taken effect.
 */
export async function runExample(
  world: LoadedWorld,
  { runs, enough }: { readonly runs: number; readonly enough: number },
): Promise<Shown> {
  const shown: Shown = { kinds: {}, broken: [], failures: [] };
  const isShown = (): boolean =>
    shown.broken.length > 0 && Object.values(shown.kinds).every(({ effective }) => effective > 0);
  for (let seed = 1; seed <= runs && !(seed > enough && isShown()); seed++) {
    const who = seed % 2 === 1 ? "naive" : "careful";
    const outcome = await runWorld(narrowed(world, who), { seed });
    for (const [kind, ended, mattered] of outcome.coverage?.faults ?? []) {
      const count = (shown.kinds[kind] ??= { drawn: 0, effective: 0 });
      count.drawn += ended;
      count.effective += mattered;
    }
    if (outcome.violations.length === 0) continue;
    if (who === "naive") shown.broken.push(outcome);
    else {
      const [first] = outcome.violations;
      shown.failures.push(`seed ${seed}: ${first?.check}: ${first?.evidence.summary}`);
    }
  }
  return shown;
}

/** Shrinks a run that broke the naive program, for the record. */
export async function record(world: LoadedWorld, broken: RunOutcome): Promise<Recorded> {
  const run = (request: RunRequest) => runWorld(narrowed(world, "naive"), request);
  const pool = { run, size: 1, info: { durationNs: world.plan.durationNs, survivals: [] } };
  const { outcome } = await shrinkRun(pool as unknown as RunnerPool, broken);
  const { seed, schedule } = outcome;
  return { node: NODE, seed, schedule, story: tell(outcome) };
}

/** Repeats a recorded run; the story that it prints now. */
export async function repeat(world: LoadedWorld, { seed, schedule }: Recorded): Promise<string[]> {
  return tell(await runWorld(world, { seed, schedule }));
}

/** The story of the first violation, as the terminal shows it. */
function tell({ world, violations: [first] }: RunOutcome): string[] {
  if (!first) return ["nothing is violated"];
  const { check: name, story } = first;
  const text = renderViolation({ world, subtitle: "", check: name, story, footer: [] });
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());
}
