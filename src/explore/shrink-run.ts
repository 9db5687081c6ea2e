/** Shrinks the faults of a violated run, with the runners of a pool. */
import { LightconeError } from "../base/errors.ts";
import { SECOND } from "../base/units.ts";
import type { Fault } from "../sim/faults.ts";
import type { RunOutcome } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { shrink, type Shrunk } from "./shrink.ts";

/** A violated run, shrunk. */
export interface ShrunkRun {
  /** The run with the fewest and simplest faults that still shows it. */
  readonly outcome: RunOutcome;
  readonly faultsBefore: number;
  /** How many runs it took. */
  readonly runs: number;
  /** No fault of it can be left out. */
  readonly minimal: boolean;
}

/** How to shrink. */
export interface ShrinkRunOptions {
  readonly onStep?: (faults: number, runs: number) => void;
  readonly stopped?: () => boolean;
}

/** What shrinking may cost. */
const RUNS_MAX = 400;
/** How long after the violation a run goes on while shrinking: with other faults it may come later. */
const AFTERMATH_NS = 5 * SECOND;

/** Shrinks until nothing more can go: the first violated check of `outcome` must stay violated. */
export async function shrinkRun(
  pool: RunnerPool,
  outcome: RunOutcome,
  options: ShrinkRunOptions = {},
): Promise<ShrunkRun> {
  const untilNs = endOfStory(outcome);
  const shrunk = await shrinkSchedule(pool, outcome, untilNs, options);
  const check = outcome.violations[0]?.check;
  const whole = await pool.run({ seed: outcome.seed, schedule: shrunk.schedule });
  const same = whole.violations.some((violation) => violation.check === check);
  if (!same && untilNs !== undefined) {
    // A check that takes back what it said of a part: only whole runs can be compared.
    const again = await shrinkSchedule(pool, outcome, undefined, options);
    const last = await pool.run({ seed: outcome.seed, schedule: again.schedule });
    return told(outcome, again, last);
  }
  return told(outcome, shrunk, whole);
}

function shrinkSchedule(
  pool: RunnerPool,
  outcome: RunOutcome,
  untilNs: number | undefined,
  { onStep, stopped }: ShrinkRunOptions,
): Promise<Shrunk> {
  const { seed, schedule } = outcome;
  const check = outcome.violations[0]?.check;
  let runs = 0;
  let faults = schedule.length;
  return shrink(schedule, {
    parallel: pool.size,
    runsMax: RUNS_MAX,
    ...(stopped && { stopped }),
    onSmaller: (smaller) => {
      faults = smaller.length;
    },
    test: async (candidate: readonly Fault[]) => {
      const asked = pool.run({ seed, schedule: candidate, untilNs });
      const tried = await asked.catch(neverMind);
      onStep?.(faults, ++runs);
      return tried !== undefined && tried.violations.some((violation) => violation.check === check);
    },
  });
}

/** A run that cannot be made with these faults (a program that now loops, say) does not show the violation. */
function neverMind(error: unknown): undefined {
  if (!(error instanceof LightconeError)) throw error;
}

/** When the violation was complete, with some time after; `undefined` where it takes the whole run. */
function endOfStory({ violations, simulatedNs }: RunOutcome): number | undefined {
  const [first] = violations;
  if (!first || /^(?:eventually:|no hangs)/.test(first.check)) return undefined;
  const { lines } = first.story;
  if (lines.length === 0) return undefined;
  const untilNs = Math.max(...lines.map(({ atNs }) => atNs)) + AFTERMATH_NS;
  return untilNs < simulatedNs ? untilNs : undefined;
}

/** The violation that was shrunk comes first. */
function told(before: RunOutcome, shrunk: Shrunk, outcome: RunOutcome): ShrunkRun {
  const check = before.violations[0]?.check;
  const { violations } = outcome;
  const first = violations.filter((violation) => violation.check === check);
  const rest = violations.filter((violation) => violation.check !== check);
  return {
    outcome: { ...outcome, violations: [...first, ...rest] },
    faultsBefore: before.schedule.length,
    runs: shrunk.runs,
    minimal: shrunk.minimal,
  };
}
