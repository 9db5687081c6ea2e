/**
 * Trace files: the record of a run next to its replay file, compressed with gzip. The format itself is in
 * `src/trace/codec.ts` and knows nothing of files.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { assert, explainSystemError, LightconeError } from "../base/errors.ts";
import {
  decodeTrace,
  encodeTrace,
  type FaultTold,
  type Trace,
  type TraceMeta,
} from "../trace/index.ts";
import type { RunOutcome } from "../world/outcome.ts";
import { replaceFile } from "./replace-file.ts";
import type { RunnerPool } from "./pool.ts";
import { lateArrivals, lateRequests, mechanismLines, withMechanisms } from "../report/index.ts";
import type { StoryLine } from "../trace/story.ts";
import { describeFault, type Fault } from "../sim/faults/index.ts";
import { requestOf } from "./fewer-hosts.ts";
import { nearestHeld } from "./neighbour.ts";
import { pageOf } from "./page-file.ts";
import { replayDirectory, runName, shellWord } from "./replay-file.ts";
import { packageVersion } from "./version.ts";

/** A file that unpacks to more than this is refused. */
const TRACE_BYTES_MAX = 2 ** 31 - 1;

/** What a trace says about its run. `before`: the faults before shrinking, if it was shrunk. */
export function traceMeta(outcome: RunOutcome, before?: readonly Fault[]): TraceMeta {
  const { world, seed, startMs, schedule, verdict, fingerprint, violations } = outcome;
  return {
    lightcone: packageVersion(),
    node: process.version,
    world,
    seed,
    startMs,
    schedule,
    verdict,
    fingerprint,
    violations: violations.map(({ check, story, evidence, operations }) => ({
      check,
      story,
      operations,
      ...(evidence.anomaly !== undefined && { anomaly: evidence.anomaly }),
      ...(evidence.cycle && { cycle: evidence.cycle }),
    })),
    faults: schedule.map(told),
    ...(before && { faultsBefore: before.map(told) }),
  };
}

/** The trace of a run that was recorded, with what it says about the run. */
export function withMeta(outcome: RunOutcome): Trace {
  assert(outcome.trace !== undefined, "a run that was to be recorded has no trace");
  return { ...outcome.trace, meta: traceMeta(outcome) };
}

function told(fault: Fault): FaultTold {
  const { kind, targets, startNs, durationNs } = fault;
  return { kind, targets, startNs, durationNs, text: describeFault(fault) };
}

/**
 * A violated run with its trace, recorded once more if it was not recorded, and in its first story what the trace adds
 * to it.
 */
export async function recordRun(pool: RunnerPool, outcome: RunOutcome): Promise<RunOutcome> {
  const trace = outcome.trace ?? (await pool.run({ ...requestOf(outcome), trace: true })).trace;
  return trace === undefined ? outcome : explained({ ...outcome, trace });
}

/** A run that was recorded, and in its first story what the trace adds to it. */
export function explained(outcome: RunOutcome): RunOutcome {
  const [first, ...others] = outcome.violations;
  if (first === undefined || outcome.trace === undefined) return outcome;
  const trace = withMeta(outcome);
  const added = [
    ...leftOut(outcome),
    ...lateRequests(trace),
    ...lateArrivals(trace),
    ...mechanismLines(trace),
  ];
  if (added.length === 0) return outcome;
  // What the story has of a moment already is not told twice.
  const told = new Set(first.story.lines.flatMap(({ event = 0 }) => (event > 0 ? [event] : [])));
  const fresh = added.filter(({ event = 0 }) => !told.has(event));
  const lines = [...first.story.lines, ...fresh].sort(
    (a, b) => a.atNs - b.atNs || (a.event ?? 0) - (b.event ?? 0),
  );
  return { ...outcome, violations: [{ ...first, story: { ...first.story, lines } }, ...others] };
}

/** The hosts that were not started. */
function leftOut({ unstarted = [] }: RunOutcome): StoryLine[] {
  if (unstarted.length === 0) return [];
  const them = unstarted.length === 1 ? "it" : "them";
  const text = `without ${unstarted.join(", ")}: this does not need ${them}`;
  return [{ atNs: 0, who: "world", text, tone: "note" }];
}

/** The files about a run. */
export interface RunFiles {
  readonly trace: string;
  /** The page that shows it; `undefined` if it was not asked for. */
  readonly page: string | undefined;
}

/** How the files about a run are written. */
export interface RunFileOptions {
  /** The folder below which they are written: the working directory. */
  readonly directory: string;
  /** The faults before shrinking, if it was shrunk. */
  readonly before?: readonly Fault[] | undefined;
  /** The command that replays the run. */
  readonly replay?: string | undefined;
  /** Whether to write the page, too. Default: true. */
  readonly page?: boolean;
}

/**
 * Writes the trace of a run and the page that shows it, recording the run once more if it was not recorded. The page of a
 * violated run has the nearest run that holds with it, which takes a run or a few. Throws Node's own errors.
 */
export async function recordTrace(
  pool: RunnerPool,
  outcome: RunOutcome,
  options: RunFileOptions,
): Promise<RunFiles> {
  const { directory, before, replay, page = true } = options;
  const { seed } = outcome;
  const recorded = outcome.trace ? outcome : await pool.run({ ...requestOf(outcome), trace: true });
  assert(recorded.trace !== undefined, "a run that was to be recorded has no trace");
  const base = join(replayDirectory(directory), runName(pool.info.path, seed));
  const known = before ? undefined : metaBefore(`${base}.trace`, outcome.fingerprint);
  const meta = {
    ...traceMeta(recorded, before),
    ...(known?.faultsBefore && { faultsBefore: known.faultsBefore }),
  };
  const trace = withMechanisms({ ...recorded.trace, meta });
  const files = { trace: `${base}.trace`, page: page ? `${base}.html` : undefined };
  const encoded = encodeTrace(trace);
  replaceFile(files.trace, gzipSync(encoded));
  if (files.page !== undefined) {
    const restore = `npx lightcone view ${shellWord(relative(directory, files.trace))}`;
    const facts = replay === undefined ? {} : { replay };
    const near = recorded.verdict === "violated" ? await nearestHeld(pool, outcome) : undefined;
    const neighbour = near && { trace: withMeta(near.outcome), text: near.text };
    replaceFile(files.page, pageOf(trace, { facts, restore, encoded, neighbour }));
  }
  return files;
}

/** What an earlier trace file says of the same run: a replay does not know the faults before shrinking. */
function metaBefore(path: string, fingerprint: string): TraceMeta | undefined {
  try {
    const { meta } = readTrace(path);
    return meta?.fingerprint === fingerprint ? meta : undefined;
  } catch {
    return undefined;
  }
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
