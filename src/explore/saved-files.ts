/** Writes the files about a violated run. One that cannot be written leaves the verdict as it is, with the reason. */
import { explainSystemError, messageOf } from "../base/errors.ts";
import type { RunOutcome } from "../world/outcome.ts";
import type { FindingRecord } from "./findings.ts";
import type { RunnerPool } from "./pool.ts";
import { replayCommand, writeReplay } from "./replay-file.ts";
import { recordTrace, type RunFileOptions } from "./trace-file.ts";

/** A replay file that was written, or the reason why there is none. */
export type SavedReplay =
  | { readonly path: string; readonly command: string }
  | { readonly path: undefined; readonly problem: string };

/** The trace and the page that were written, or the reason why there are none. */
export type SavedTrace =
  | { readonly path: string; readonly page: string | undefined }
  | { readonly path: undefined; readonly problem: string };

/**
 * Writes the replay file of a violated run below `directory`. `faultsBefore`: before shrinking. `finding`: what is known
 * about it over campaigns.
 */
export function saveReplay(
  pool: RunnerPool,
  outcome: RunOutcome,
  about: {
    readonly directory: string;
    readonly faultsBefore: number;
    readonly finding: FindingRecord;
  },
): SavedReplay {
  const { path: world } = pool.info;
  const { directory } = about;
  try {
    const path = writeReplay({ ...about, world, outcome });
    return { path, command: replayCommand(directory, path, world) };
  } catch (error) {
    return { path: undefined, problem: messageOf(explainSystemError(error)) };
  }
}

/** Writes the trace of a run and its page. Records the run once more if it was not recorded. */
export async function saveTrace(
  pool: RunnerPool,
  outcome: RunOutcome,
  options: RunFileOptions,
): Promise<SavedTrace> {
  try {
    const { trace, page } = await recordTrace(pool, outcome, options);
    return { path: trace, page };
  } catch (error) {
    return { path: undefined, problem: messageOf(explainSystemError(error)) };
  }
}
