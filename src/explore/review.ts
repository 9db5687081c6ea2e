/** Reviews what finished runs have judged at all: no violation is not a verdict if nothing was judged. */
import type { CoverageTally } from "../world/coverage.ts";
import type { RunnerPool } from "./pool.ts";

/** What was not judged, as sentences. */
export interface Review {
  /** Checks that had nothing to judge in any of the runs, because of faults. */
  readonly unjudged: readonly string[];
  /** Assertions that were never reached, and hosts that were silent in the calm period. */
  readonly lacks: readonly string[];
  /** Useful information that is not a deficiency. */
  readonly remarks: readonly string[];
}

/** Facts about the runs in addition to their coverage. */
export interface Reviewed {
  /** The seed of the first run. */
  readonly seed: number;
  /** Whether any of them had faults. */
  readonly faulty: boolean;
  /**
   * Whether a violation was found, or a run could not be made. Unjudged checks are then reported, but are
   * not an error.
   */
  readonly found: boolean;
  /** Whether the user has interrupted and no further run should be made. */
  readonly hurried?: boolean;
}

/**
 * Reviews finished runs. If a check judged nothing in any of them and faults may be the reason, one run
 * without faults decides: either it judges something, or the world is rejected. Throws `LC_NOTHING_JUDGED`,
 * with what was looked for and what there was.
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
