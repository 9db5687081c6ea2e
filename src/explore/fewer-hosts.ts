/**
 * Leaves out the hosts that a violation does not need: clients that never start. A story with two clients is easier to
 * read than one with eight. Only hosts that record operations are left out, none that a fault concerns, and none that
 * the world counts on (`w.survives`): a system that lacks one of its own servers is another system.
 */
import { LightconeError } from "../base/errors.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { sameViolation, shrinkRun, type ShrinkRunOptions, type ShrunkRun } from "./shrink-run.ts";

/** At most so many hosts are tried one by one. */
const TRIED_MAX = 12;

/** The request that makes a run again. */
export function requestOf({
  seed,
  schedule,
  unstarted,
}: Pick<RunOutcome, "seed" | "schedule" | "unstarted">): RunRequest {
  return { seed, schedule, unstarted };
}

/** The hosts that could be left out, those first that the violation's story does not name. */
export function spareHosts(
  { coverage, schedule, violations }: RunOutcome,
  survivals: RunnerPool["info"]["survivals"],
): string[] {
  const needed = new Set([
    ...schedule.flatMap(({ targets }) => targets),
    ...survivals.flatMap(({ units }) => units.flat()),
  ]);
  const named = new Set((violations[0]?.story.lines ?? []).map(({ who }) => who));
  const spare = (coverage?.hosts ?? []).map(([name]) => name).filter((name) => !needed.has(name));
  return spare.toSorted((a, b) => Number(named.has(a)) - Number(named.has(b)));
}

/**
 * Returns the run with as few hosts as show the first violation of `outcome`: the same seed and faults, and no host
 * that is not needed. Every candidate is a complete run.
 */
export async function fewerHosts(
  pool: Pick<RunnerPool, "run" | "info">,
  outcome: RunOutcome,
  options: { readonly signal?: AbortSignal | undefined; readonly onRun?: () => void } = {},
): Promise<RunOutcome> {
  const { signal, onRun } = options;
  const [target] = outcome.violations;
  const spare = spareHosts(outcome, pool.info.survivals);
  let last = outcome;
  const tryWithout = async (more: readonly string[]): Promise<boolean> => {
    if (more.length === 0 || signal?.aborted === true) return false;
    const unstarted = [...(last.unstarted ?? []), ...more];
    const tried = await pool.run({ ...requestOf(last), unstarted }).catch(neverMind);
    onRun?.();
    if (!tried || !sameViolation(target, tried)) return false;
    last = tried;
    return true;
  };
  const named = new Set((target?.story.lines ?? []).map(({ who }) => who));
  const silent = spare.filter((name) => !named.has(name));
  const areGone = silent.length > 1 && (await tryWithout(silent));
  const rest = areGone ? spare.filter((name) => named.has(name)) : spare;
  for (const name of rest.slice(0, TRIED_MAX)) await tryWithout([name]);
  return last;
}

/** Shrinks a violated run: its faults, and then its hosts. */
export async function shrinkFinding(
  pool: RunnerPool,
  found: RunOutcome,
  options: ShrinkRunOptions = {},
): Promise<ShrunkRun> {
  const { signal, onStep } = options;
  const shrunk = await shrinkRun(pool, found, options);
  let { runs } = shrunk;
  const onRun = (): void => {
    runs++;
    onStep?.(shrunk.outcome.schedule.length, runs);
  };
  const outcome = await fewerHosts(pool, shrunk.outcome, { signal, onRun });
  return { ...shrunk, outcome, runs };
}

/** A run that cannot be made does not show the violation. */
function neverMind(error: unknown): undefined {
  if (!(error instanceof LightconeError)) throw error;
}
