/**
 * Trace files: the record of a run next to its replay file, compressed with gzip. The format itself is in
 * `src/trace/codec.ts` and knows nothing of files.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { assert, explainSystemError, LightconeError } from "../base/errors.ts";
import { decodeTrace, encodeTrace, type Trace, type TraceMeta } from "../trace/index.ts";
import type { RunOutcome } from "../world/outcome.ts";
import { replaceFile } from "./replace-file.ts";
import type { RunnerPool } from "./pool.ts";
import { replayDirectory, runName } from "./replay-file.ts";
import { packageVersion } from "./version.ts";

/** A file that unpacks to more than this is refused. */
const TRACE_BYTES_MAX = 2 ** 31 - 1;

/** What a trace says about its run. */
export function traceMeta(outcome: RunOutcome): TraceMeta {
  const { world, seed, schedule, verdict, fingerprint, violations } = outcome;
  return {
    lightcone: packageVersion(),
    node: process.version,
    world,
    seed,
    schedule,
    verdict,
    fingerprint,
    violations: violations.map(({ check, story }) => ({ check, story })),
  };
}

/**
 * Writes the trace of a run below `directory`; returns its path, or `undefined` if the run was not recorded.
 * Throws Node's own errors.
 */
function writeTrace(directory: string, world: string, outcome: RunOutcome): string | undefined {
  if (!outcome.trace) return undefined;
  const path = join(replayDirectory(directory), `${runName(world, outcome.seed)}.trace`);
  replaceFile(path, gzipSync(encodeTrace({ ...outcome.trace, meta: traceMeta(outcome) })));
  return path;
}

/**
 * Writes the trace of a run below `directory`, recording the run once more if it was not recorded. Returns the
 * path. Throws Node's own errors.
 */
export async function recordTrace(
  pool: RunnerPool,
  directory: string,
  outcome: RunOutcome,
): Promise<string> {
  const { seed, schedule } = outcome;
  const recorded = outcome.trace ? outcome : await pool.run({ seed, schedule, trace: true });
  const path = writeTrace(directory, pool.info.path, recorded);
  assert(path !== undefined, "a run that was to be recorded has no trace");
  return path;
}

/** Reads a trace file, compressed or not. Throws `LC_BAD_TRACE` or `LC_SYSTEM`, with what is wrong with it. */
export function readTrace(path: string): Trace {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw explainSystemError(error);
  }
  try {
    return decodeTrace(unpack(bytes));
  } catch (error) {
    if (!(error instanceof LightconeError)) throw error;
    throw new LightconeError(error.code, `${path}: ${error.message}`, error.hint);
  }
}

function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: TRACE_BYTES_MAX });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      code === "Z_BUF_ERROR"
        ? "the trace was cut short"
        : "the trace is damaged: it cannot be unpacked";
    throw new LightconeError("LC_BAD_TRACE", what);
  }
}
