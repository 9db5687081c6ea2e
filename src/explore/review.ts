/** Looks at what runs judged at all, once they are over: silence is no verdict. */
import type { CoverageTally } from "../world/coverage.ts";
import type { RunnerPool } from "./pool.ts";

/** What was not judged, in sentences. */
export interface Review {
  /** Checks that had nothing to judge in any of the runs, as faults left them nothing. */
  readonly unjudged: readonly string[];
  /** Assertions that were never reached, hosts that were silent in the calm. */
  readonly lacks: readonly string[];
  /** What is worth knowing and no lack. */
  readonly remarks: readonly string[];
}

/** What is known of the runs besides their coverage. */
export interface Reviewed {
  /** The seed of the first one. */
  readonly seed: number;
  /** Whether any of them had faults. */
  readonly faulty: boolean;
  /** A violation was found, or a run could not be made: what was not judged is told, and refuses nothing. */
  readonly found: boolean;
  /** Nobody waits for another run any more. */
  readonly hurried?: boolean;
}

/**
 * Reviews runs that are over. Where a check judged nothing in any of them, and faults may be to blame, one run
 * without faults tells: it judges something, or the world as such is refused.
 * Throws `LC_NOTHING_JUDGED`, which names what was looked for and what there was.
 */
export async function reviewCoverage(
  pool: RunnerPool,
  tally: CoverageTally,
  { seed, faulty, found, hurried = false }: Reviewed,
): Promise<Review> {
  const { assertions, hasCalm } = pool.info;
  const notes = tally.notes(assertions, hasCalm);
  const unjudged = tally.idle.map((idle) => tally.describeIdle(idle));
  if (unjudged.length === 0 || found) return { unjudged, ...notes };
  if (faulty && !hurried) tally.add((await pool.run({ seed, schedule: [] })).coverage);
  if (tally.idle.length > 0 && !(faulty && hurried)) throw tally.refusal();
  return { unjudged, ...notes };
}
