/**
 * The nearest run that holds: the run to compare a violated one with. With one fault less the same seed takes the same
 * course up to where that fault made the difference.
 */
import { LightconeError } from "../base/errors.ts";
import { describeFault } from "../sim/faults/index.ts";
import type { RunOutcome } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { formatSeed } from "./replay-file.ts";

/** A run that held, beside one that did not. */
export interface Neighbour {
  /** The run, with its trace. */
  readonly outcome: RunOutcome;
  /** How it differs: "the same seed without: worker-1 pauses for 1s". */
  readonly text: string;
}

/** At most this many runs are tried, and none is begun when this time is over. */
const TRIES_MAX = 4;
const TRY_FOR_MS = 15_000;

/**
 * Looks for a run that holds: the same seed without one of the faults, the last one first; where there is no fault, one
 * of the next seeds without faults. Returns `undefined` if none of a few tries holds.
 */
export async function nearestHeld(
  pool: Pick<RunnerPool, "run">,
  { seed, schedule, unstarted }: Pick<RunOutcome, "seed" | "schedule" | "unstarted">,
): Promise<Neighbour | undefined> {
  const fewer = schedule.map((left, at) => ({
    seed,
    schedule: schedule.toSpliced(at, 1),
    text: `the same seed without: ${describeFault(left)}`,
  }));
  const others = Array.from({ length: TRIES_MAX }, (_, at) => seed + 1 + at).map((other) => ({
    seed: other,
    schedule: [],
    text: `seed ${formatSeed(other)}, without faults as well`,
  }));
  const tries = schedule.length > 0 ? fewer.toReversed() : others;
  const beganMs = performance.now();
  for (const { text, ...request } of tries.slice(0, TRIES_MAX)) {
    if (performance.now() - beganMs > TRY_FOR_MS || !Number.isSafeInteger(request.seed)) break;
    const outcome = await pool.run({ ...request, unstarted, trace: true }).catch(neverMind);
    if (outcome?.trace && outcome.verdict === "held") return { outcome, text };
  }
  return undefined;
}

/** A run that cannot be made does not hold. */
function neverMind(error: unknown): undefined {
  if (!(error instanceof LightconeError)) throw error;
}
