/** Shrinks the faults of a violated run, with the runners of a pool. */
import type { Fault } from "../sim/faults.ts";
import type { RunOutcome } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { shrink } from "./shrink.ts";

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

/** What shrinking may cost. */
const RUNS_MAX = 400;

/** Shrinks until nothing more can go: the first violated check of `outcome` must stay violated. */
export async function shrinkRun(
  pool: RunnerPool,
  outcome: RunOutcome,
  options: {
    readonly onStep?: (faults: number, runs: number) => void;
    readonly stopped?: () => boolean;
  } = {},
): Promise<ShrunkRun> {
  const { seed } = outcome;
  const check = outcome.violations[0]?.check;
  let best = outcome;
  let runs = 0;
  let faults = outcome.schedule.length;
  const byCandidate = new Map<readonly Fault[], RunOutcome>();
  const shrunk = await shrink(outcome.schedule, {
    parallel: pool.size,
    runsMax: RUNS_MAX,
    ...(options.stopped && { stopped: options.stopped }),
    test: async (schedule) => {
      const tried = await pool.run({ seed, schedule });
      options.onStep?.(faults, ++runs);
      byCandidate.set(schedule, tried);
      return tried.violations.some((violation) => violation.check === check);
    },
    onSmaller: (schedule) => {
      faults = schedule.length;
      best = byCandidate.get(schedule) ?? best;
      byCandidate.clear();
    },
  });
  return {
    outcome: withFirst(best, check),
    faultsBefore: outcome.schedule.length,
    runs: shrunk.runs,
    minimal: shrunk.minimal,
  };
}

/** The violation that was shrunk comes first. */
function withFirst(outcome: RunOutcome, check: string | undefined): RunOutcome {
  const { violations } = outcome;
  const first = violations.filter((violation) => violation.check === check);
  const rest = violations.filter((violation) => violation.check !== check);
  return { ...outcome, violations: [...first, ...rest] };
}
