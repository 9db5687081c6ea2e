/**
 * `lightcone/explore`: runs, campaigns, shrinking and replay as functions. The command line and the test runners stand
 * on the same ones.
 *
 * @example
 * import { explore, load } from "lightcone/explore";
 *
 * using world = await load("./lock.world.ts");
 * const { verdict, finding } = await explore(world, { runs: 500 });
 * if (finding) console.log(finding.story, finding.replayCommand);
 */
import { LightconeError } from "../base/errors.ts";
import {
  type Cause,
  exploreWorld,
  findCause,
  openReplay,
  requestOf,
  type ShrunkRun,
  shrinkFinding,
  toldExploration,
  withDeadline,
} from "../explore/index.ts";
import { type Duration, parseDurationNs } from "../base/units.ts";
import type { Explored } from "../report/index.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import { callerDirectory, worldPath } from "./caller.ts";
import { type ExploreOptions, readOptions } from "./options.ts";
import { type Place, placedBy } from "./placed.ts";
import { type LoadOptions, World } from "./world.ts";

export type { Duration } from "../base/units.ts";
export type { Explored, ExploredFinding, ExploredRecord, ExploredRerun } from "../report/index.ts";
export type { Fault } from "../sim/faults/index.ts";
export type { RunOutcome, RunRequest, RunViolation } from "../world/outcome.ts";
export type {
  Cause,
  CauseMoment,
  Manners,
  Share,
  ShrinkEnd,
  ShrunkRun,
  TurningPoint,
} from "../explore/index.ts";
export { holds } from "./holds.ts";
export type { ExploreOptions } from "./options.ts";
export type { Place, PlaceContext } from "./placed.ts";
export { type LoadOptions, World } from "./world.ts";

/**
 * Loads a world file and starts its processes. `path` is relative to the file that calls this. Rejects with
 * `LC_NO_WORLD`, `LC_BAD_WORLD` or the world file's own error.
 */
export async function load(path: string, options: LoadOptions = {}): Promise<World> {
  const { jobs } = options;
  readOptions("load", path, { jobs });
  return World.load(worldPath(path, callerDirectory()), options);
}

/**
 * One run of a world. The result of equal requests is equal, to the last event: `fingerprint` says whether it was.
 * Rejects with `LC_USAGE` for what is no seed.
 *
 * @example
 * const { verdict, violations } = await run(world, { seed: 0x1f3a });
 *
 * @example
 * const outcome = await run(world, {
 *   seed: 1,
 *   async place({ faults, sleep }) {
 *     await sleep("2s");
 *     using cut = faults.partition("redis-1", ["redis-2", "redis-3"]);
 *     await sleep("5s");
 *   },
 * });
 */
export async function run(world: World, request: PlacingRequest): Promise<RunOutcome> {
  checkSeed("run", request?.seed);
  const { place, ...rest } = request;
  const placed = place ? await placedBy(place) : request.placed;
  return World.poolOf(world).run({ ...rest, ...(placed && { placed }) });
}

/** A requested run, with the faults that a test places in it. */
export interface PlacingRequest extends RunRequest {
  /**
   * Says which faults there are besides those of the schedule, and when. It is called once, before the run, and sees nothing of
   * it. The outcome's `schedule` has them.
   */
  readonly place?: Place;
}

/** What `explore` takes besides how much to explore; the number of processes and the faults were said to `load`. */
export interface CampaignRequest extends Omit<ExploreOptions, "jobs" | "faults"> {
  /** Continue after a violation. Default: false. */
  readonly all?: boolean;
  /** Whether to shrink the violation found. Default: true. */
  readonly shrink?: boolean;
  /** The folder below which `.lightcone` is written. Default: the working directory. */
  readonly directory?: string;
  /** Ends the campaign, or shrinking, immediately. What was found until then is returned. */
  readonly signal?: AbortSignal | undefined;
  /** Called for every run, in order of seeds. */
  readonly onRun?: (outcome: RunOutcome) => void;
}

/**
 * Runs a world with one seed after the other until a check is violated, the runs are made, or the time is up. The
 * violation is shrunk, and its replay file, trace and page are written. Rejects with `LC_DIVERGED` if two equal runs
 * differed, and with `LC_NOTHING_JUDGED` if no check judged anything.
 */
export async function explore(world: World, request: CampaignRequest = {}): Promise<Explored> {
  const {
    all,
    shrink: isShrunk = true,
    directory = process.cwd(),
    signal,
    onRun,
    ...rest
  } = request;
  const limits = readOptions("explore", world.path, rest as never);
  const { runs, forMs, shrinkMs, firstSeed, strict, corpus } = limits;
  const pool = World.poolOf(world);
  const exploration = await exploreWorld(pool, {
    firstSeed,
    runs,
    forMs,
    signal,
    directory,
    corpus,
    shrinkMs: isShrunk ? () => shrinkMs : undefined,
    ...(all !== undefined && { all }),
    ...(onRun && { onRun }),
  });
  return toldExploration(pool, exploration, { firstSeed, strict, directory });
}

/** A violated run again, from its replay file. */
export interface Replayed {
  readonly outcome: RunOutcome;
  /** Whether it was the same run, to the last event. */
  readonly isSame: boolean;
  /** Whether the code that ran has changed since. */
  readonly isChanged: boolean;
}

/**
 * Runs again what a replay file recorded. `world`: the world file, where the replay file names one outside of its
 * project. Rejects with `LC_BAD_REPLAY` or `LC_NO_WORLD`.
 */
export async function replay(
  file: string,
  options: { readonly world?: string; readonly trace?: boolean } = {},
): Promise<Replayed> {
  const recorded = openReplay(file, options.world, "name it with `world`");
  const { worldPath, fingerprint, code } = recorded;
  const world = await World.load(worldPath, { jobs: 1 });
  try {
    const { trace = false } = options;
    const outcome = await World.poolOf(world).run({ ...requestOf(recorded), trace });
    return {
      outcome,
      isSame: outcome.fingerprint === fingerprint,
      isChanged: outcome.code !== code,
    };
  } finally {
    world.close();
  }
}

/**
 * Shrinks the faults of a violated run to the fewest and simplest that still show the first of its violations. `for`:
 * how long it may take (default: 60s).
 */
export async function shrink(
  world: World,
  outcome: RunOutcome,
  options: { readonly for?: Duration; readonly signal?: AbortSignal } = {},
): Promise<ShrunkRun> {
  if (outcome.verdict !== "violated") {
    throw new LightconeError("LC_USAGE", "shrink(world, outcome): the run is not violated");
  }
  const limitMs = parseDurationNs(options.for ?? "60s", "shrink: for") / 1e6;
  return withDeadline(options.signal, limitMs, (signal) =>
    shrinkFinding(World.poolOf(world), outcome, { signal }),
  );
}

/**
 * Branches a violated run at many moments, and says when its first violation became inevitable, with its faults and with
 * all faults over by then. `for`: how long it may take (default: 2m); `futures`: how many each moment has (default: 12).
 * Rejects with `LC_NOT_VIOLATED` if the run holds.
 */
export async function cause(
  world: World,
  run: Pick<RunOutcome, "seed" | "schedule" | "unstarted">,
  options: {
    readonly for?: Duration;
    readonly futures?: number;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Cause> {
  checkSeed("cause", run.seed);
  const { futures } = options;
  if (futures !== undefined && !(Number.isSafeInteger(futures) && futures >= 1)) {
    throw new LightconeError("LC_USAGE", "cause: futures is not a whole number from 1");
  }
  const limitMs = parseDurationNs(options.for ?? "2m", "cause: for") / 1e6;
  return withDeadline(options.signal, limitMs, (signal) =>
    findCause(World.poolOf(world), requestOf(run), {
      signal,
      ...(futures !== undefined && { futures }),
    }),
  );
}

function checkSeed(word: string, seed: unknown): void {
  if (Number.isSafeInteger(seed) && Number(seed) >= 0) return;
  const given = JSON.stringify(seed) ?? String(seed);
  throw new LightconeError(
    "LC_USAGE",
    `${word}(world, { seed }): the seed is ${given}, not a whole number from 0 to 2^53 - 1`,
  );
}
