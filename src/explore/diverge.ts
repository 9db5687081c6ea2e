/**
 * Finds the first event that differs between two runs of one seed that should be identical. Both are run
 * again with a digest recorded after each event. The digests are a rolling hash, so the first difference is
 * where the runs diverge.
 */
import { LightconeError } from "../base/errors.ts";
import { formatNs } from "../base/units.ts";
import { kindNames } from "../trace/kinds.ts";
import { eventAt, type Trace } from "../trace/trace.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { formatSeed } from "./replay-file.ts";

/** One side of a divergence. */
export interface DivergedSide {
  readonly fingerprint: string;
  /** A description of the event, or that the run had ended. */
  readonly event: string;
  /** A description of the event's cause. */
  readonly cause: string | undefined;
  /** The stack that scheduled or marked it, if available. */
  readonly stack: readonly string[];
}

/** Where two runs of one seed diverge. */
export interface DivergenceReport {
  readonly seed: number;
  /** The first event that differs; `undefined` if the repeated runs were identical. */
  readonly event: number | undefined;
  readonly used: DivergedSide;
  readonly fresh: DivergedSide;
}

/** Runs the request twice: in a process that has been used before, and in a fresh one. */
export async function runTwice(
  pool: RunnerPool,
  request: RunRequest,
): Promise<{ used: RunOutcome; fresh: RunOutcome }> {
  // Runs another seed first, so that the process has been used.
  await pool.run({ seed: request.seed > 0 ? request.seed - 1 : 1 });
  const [used, fresh] = await Promise.all([
    pool.run(request),
    pool.run({ ...request, fresh: true }),
  ]);
  return { used, fresh };
}

/** Looks for the first event in which two runs of `request` differ. */
export async function findDivergence(
  pool: RunnerPool,
  request: RunRequest,
): Promise<DivergenceReport> {
  const kept = { ...request, trace: true, digests: true };
  const { used, fresh } = await runTwice(pool, kept);
  const event = firstDifference(used.digests as Uint32Array, fresh.digests as Uint32Array);
  if (event === undefined) {
    const side = ({ fingerprint }: RunOutcome): DivergedSide => {
      return { fingerprint, event: "", cause: undefined, stack: [] };
    };
    return { seed: request.seed, event, used: side(used), fresh: side(fresh) };
  }
  const again = await runTwice(pool, { ...request, stackOf: stackRequest(event, used, fresh) });
  return {
    seed: request.seed,
    event,
    used: sideOf(used, event, again.used.stack),
    fresh: sideOf(fresh, event, again.fresh.stack),
  };
}

/** The first event (from 1) whose digests differ. A binary search, because all later digests differ too. */
export function firstDifference(left: Uint32Array, right: Uint32Array): number | undefined {
  const common = Math.min(left.length, right.length);
  if (left.length === right.length && left[common - 1] === right[common - 1]) return undefined;
  let same = 0;
  let different = common;
  while (same < different) {
    const middle = (same + different) >> 1;
    if (left[middle] === right[middle]) same = middle + 1;
    else different = middle;
  }
  return same + 1;
}

function stackRequest(event: number, used: RunOutcome, fresh: RunOutcome): RunRequest["stackOf"] {
  const causes = [used, fresh].map(({ trace }) => {
    return (trace && eventAt(trace, event)?.cause) ?? 0;
  });
  return { event, causes };
}

function sideOf(
  { fingerprint, trace }: RunOutcome,
  event: number,
  stack: readonly string[] | undefined,
): DivergedSide {
  const found = trace && eventAt(trace, event);
  const cause = found && found.cause > 0 ? describe(trace, found.cause) : undefined;
  return {
    fingerprint,
    event: trace && found ? describe(trace, event) : "the run has ended",
    cause,
    stack: stack ?? [],
  };
}

/** Describes an event: "event 8812 at 1.204s: timer on worker-1". */
function describe(trace: Trace, id: number): string {
  const event = eventAt(trace, id);
  if (!event) return `event ${id}`;
  const host = trace.hosts[event.host];
  const where = host ? ` on ${host}` : "";
  const detail = event.detail === undefined ? "" : ` ${JSON.stringify(event.detail)}`;
  return `event ${id} at ${formatNs(event.timeNs)}: ${kindNames[event.kind]}${where}${detail}`;
}

/**
 * The error for two diverging runs of one seed. It blocks everything else, because results cannot be
 * trusted.
 */
export function divergenceError(report: DivergenceReport): LightconeError {
  const { seed, event, used, fresh } = report;
  const side = (name: string, { fingerprint, event, cause, stack }: typeof used): string[] => [
    `  ${name}  ${event || `fingerprint ${fingerprint}`}`,
    ...(cause === undefined ? [] : [`    caused by ${cause}`]),
    ...stack.slice(0, 6).map((frame) => `    at ${frame}`),
  ];
  const head =
    event === undefined
      ? `seed ${formatSeed(seed)} did not give the same run twice, and then it did: the difference comes and goes`
      : `seed ${formatSeed(seed)} does not give the same run twice: event ${event} is the first that differs`;
  return new LightconeError(
    "LC_DIVERGED",
    [head, ...side("used process ", used), ...side("fresh process", fresh)].join("\n"),
    "Something in it comes from outside of the world. The verdicts of such a world cannot be trusted.",
  );
}
