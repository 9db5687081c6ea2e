/**
 * `lightcone/vitest`: a world as a test, one line per world. A failure prints the story and the command
 * that replays it.
 */
import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { explainSystemError, LightconeError, messageOf } from "../base/errors.ts";
import { parseDurationNs, type Duration } from "../base/units.ts";
import {
  type CampaignResult,
  formatSeed,
  reviewCoverage,
  runCampaign,
  RunnerPool,
  shrinkRun,
  toldShrink,
  withDeadline,
  replayCommand,
  writeReplay,
  recordRun,
  recordTrace,
  type RunFileOptions,
} from "../explore/index.ts";
import {
  describeProgress,
  faultsWord,
  plainStyle,
  PrintedByChecks,
  Progress,
  renderNotes,
  renderViolation,
  shrunkNotes,
  shrunkSubtitle,
} from "../report/index.ts";

/** How much to explore in a test. */
export interface ExploreOptions {
  /** The number of seeds. Default: 100. */
  readonly runs?: number;
  /** The maximum time; the campaign ends early when it is reached. Default: 30s. */
  readonly for?: Duration;
  /** How long shrinking may take after the campaign. Default: 60s. */
  readonly shrinkFor?: Duration;
  /** The first seed. Default: 1, so that a test is the same every time. */
  readonly seed?: number;
  /** The number of processes. Default: one per core. */
  readonly jobs?: number;
  /** Whether the world's faults are enabled. Default: true. */
  readonly faults?: boolean;
  /**
   * Whether things that were not judged fail the test as well: undecided checks, an `always` or `sometimes`
   * that no run reached, hosts that record nothing in the calm period. By default they are printed.
   */
  readonly strict?: boolean;
}

/**
 * Extra time for shrinking and starting processes. It is generous, because a test that times out reports
 * nothing about the violation it had found.
 */
const ALLOWANCE_MS = 900_000;
/** The maximum delay of Node's timers. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const TICK_MS = 1_000;

interface Kind {
  readonly words: string;
  readonly is: (value: unknown) => boolean;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
const isBoolean = (value: unknown): boolean => typeof value === "boolean";

/** The valid values of each option. */
const kinds: Readonly<Record<keyof ExploreOptions, Kind>> = {
  runs: { words: "a whole number from 1", is: isCount },
  // A duration reports its own errors.
  for: { words: "a duration", is: () => true },
  shrinkFor: { words: "a duration", is: () => true },
  seed: {
    words: "a whole number from 0 to 2^53 - 1",
    is: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  jobs: { words: "a whole number from 1", is: isCount },
  faults: { words: "true or false", is: isBoolean },
  strict: { words: "true or false", is: isBoolean },
};

/**
 * Declares a test that explores a world. `path` is relative to the test file that calls it.
 *
 * @example
 * import { explore } from "lightcone/vitest";
 * explore("./redlock.world.ts", { runs: 200 });
 */
export function explore(path: string, options: ExploreOptions = {}): void {
  refuseOptions(path, options as never);
  const world = resolve(callerDirectory(), path);
  const forMs = parseDurationNs(options.for ?? "30s", "explore: for") / 1e6;
  const name = relative(process.cwd(), world);
  const shrinkMs = parseDurationNs(options.shrinkFor ?? "60s", "explore: shrinkFor") / 1e6;
  const timeout = Math.min(forMs + shrinkMs + ALLOWANCE_MS, TIMER_MAX_MS);
  test(name, { timeout }, () => exploreWorld(world, { forMs, shrinkMs }, options));
}

/** Throws `LC_USAGE` for unknown options. Otherwise a misspelt option would be silently ignored. */
function refuseOptions(path: unknown, options: Readonly<Record<string, unknown>> | null): void {
  const bad = (what: string): LightconeError =>
    new LightconeError(
      "LC_USAGE",
      `explore(${JSON.stringify(path) ?? String(path)}, ...): ${what}`,
    );
  if (typeof path !== "string" || path === "") throw bad("the first argument is a world's path");
  if (typeof options !== "object" || options === null) throw bad("the options are an object");
  for (const [option, value] of Object.entries(options)) {
    const kind = kinds[option as keyof ExploreOptions];
    if (kind === undefined) throw bad(`no option ${JSON.stringify(option)}`);
    if (value !== undefined && !kind.is(value)) {
      throw bad(`${option} is ${JSON.stringify(value) ?? typeof value}, not ${kind.words}`);
    }
  }
}

interface Limits {
  readonly forMs: number;
  readonly shrinkMs: number;
}

/** Progress of a long test is reported from time to time, bypassing Vitest's own output. */
const sink = { write: (text: string) => process.stderr.write(`lightcone: ${text}`) };

async function exploreWorld(
  world: string,
  { forMs, shrinkMs }: Limits,
  options: ExploreOptions,
): Promise<void> {
  const { runs = 100, seed = 1, jobs, faults = true } = options;
  const progress = new Progress(sink, plainStyle);
  const startMs = performance.now();
  const pool = await RunnerPool.start({
    world,
    entry: runnerEntry(),
    calm: !faults,
    onDied: ({ message }) => sink.write(`${message}; another one takes its place\n`),
    ...(jobs !== undefined && { jobs }),
  });
  try {
    const figures = (): string =>
      describeProgress({
        ...pool.totals,
        runsMax: runs,
        wallMs: performance.now() - startMs,
        wallMsMax: forMs,
      });
    const ticks = setInterval(() => progress.update(figures), TICK_MS);
    const printed = new PrintedByChecks((text) => console.log(text.trimEnd()));
    const onRun = (outcome: Outcome): void => printed.tell(outcome.printed);
    const campaign = { pool, firstSeed: seed, runs, forMs, onRun };
    const result = await runCampaign(campaign).finally(() => {
      clearInterval(ticks);
    });
    if (result.mismatch) {
      throw new LightconeError(
        "LC_DIVERGED",
        `seed ${formatSeed(result.mismatch.request.seed)} does not give the same run twice`,
        `See \`npx lightcone run ${relative(process.cwd(), world)} --seed ${formatSeed(result.mismatch.request.seed)} --verify\`.`,
      );
    }
    if (result.violation) throw await violationError(pool, result.violation, shrinkMs);
    if (result.failure !== undefined) throw result.failure;
    await review(pool, result, options);
  } finally {
    pool.stop();
  }
}

/** Prints what was not judged; throws if the test is strict. */
async function review(
  pool: RunnerPool,
  result: CampaignResult,
  { seed = 1, strict = false }: ExploreOptions,
): Promise<void> {
  const { unjudged, lacks, remarks } = await reviewCoverage(pool, result.coverage, {
    seed,
    faulty: result.faults > 0,
    found: false,
  });
  const never = [...result.sometimes].filter(([, reached]) => !reached);
  const missing = [
    ...unjudged,
    ...lacks,
    ...never.map(([name]) => `never true in any run: sometimes ${name}`),
    ...(result.undecided > 0 ? [`${result.undecided} of ${result.runs} runs are undecided`] : []),
  ];
  // A `sometimes` is a statement about a campaign, not about one or two runs.
  const fails = (strict && missing.length > 0) || (never.length > 0 && result.runs > 1);
  if (fails)
    throw told(new Error([`${pool.info.name}: not all was judged`, ...missing].join("\n  ")));
  for (const sentence of [...missing, ...remarks]) console.warn(`${pool.info.name}: ${sentence}`);
}

/** The message contains the position. The stack would only show this file. */
function told(error: Error): Error {
  error.stack = error.message;
  return error;
}

type Outcome = Awaited<ReturnType<RunnerPool["run"]>>;

async function violationError(pool: RunnerPool, found: Outcome, shrinkMs: number): Promise<Error> {
  const before = found.schedule.length;
  const seed = formatSeed(found.seed);
  // If the test is ended while it shrinks, the violation found should not be lost.
  let replay = saveReplay(pool, found, before);
  sink.write(`seed ${seed} is violated: ${replay}; shrinking ${faultsWord(before)}\n`);
  const progress = new Progress(sink, plainStyle);
  const shrunk = await withDeadline(undefined, shrinkMs, (signal) => {
    return shrinkRun(pool, found, {
      signal,
      onStep: (faults, runs) => {
        progress.update(
          () => `seed ${seed} is violated · shrinking · ${faults} left · ${runs} runs`,
        );
      },
    });
  });
  // Without a record the run is told as it was judged.
  const outcome = await recordRun(pool, shrunk.outcome).catch(() => shrunk.outcome);
  replay = saveReplay(pool, outcome, before);
  const page = await saveTrace(pool, outcome, { before: found.schedule, replay });
  const [first, ...others] = outcome.violations;
  if (!first) return new Error(`${outcome.world}: violated`);
  const shrinkWords = toldShrink(shrunk);
  const story = renderViolation({
    world: outcome.world,
    subtitle: `seed ${formatSeed(outcome.seed)} · ${shrunkSubtitle(shrinkWords)}`,
    check: first.check,
    story: first.story,
    others,
    footer: [["replay", replay], ...page],
  });
  return told(new Error(`${story}${renderNotes(shrunkNotes(shrinkWords), plainStyle)}`));
}

/** Writes the replay file. Returns the command that replays it, or the reason why there is none. */
function saveReplay(pool: RunnerPool, outcome: Outcome, faultsBefore: number): string {
  const directory = process.cwd();
  const { path: world } = pool.info;
  try {
    const path = writeReplay({ directory, world, outcome, faultsBefore });
    return replayCommand(directory, path, world);
  } catch (error) {
    return `there is no replay file: ${messageOf(explainSystemError(error))}`;
  }
}

/**
 * Writes the trace and the page of a violated run next to its replay file. Returns the footer line that names the
 * page, or none if it cannot be written: the verdict stands without it.
 */
async function saveTrace(
  pool: RunnerPool,
  outcome: Outcome,
  about: Pick<RunFileOptions, "before" | "replay">,
): Promise<readonly (readonly [label: string, text: string])[]> {
  const directory = process.cwd();
  try {
    const { page } = await recordTrace(pool, outcome, { directory, ...about });
    return page === undefined ? [] : [["report", relative(directory, page)]];
  } catch {
    // A full disk, for example. The replay file is enough to make the trace again.
    return [];
  }
}

function runnerEntry(): URL {
  const compiled = new URL("../cli/runner-process.js", import.meta.url);
  if (existsSync(compiled)) return compiled;
  throw new LightconeError("LC_NOT_BUILT", "lightcone is not built: run `npm run build` first");
}

/** The directory of the file that called `explore`. */
function callerDirectory(): string {
  const here = fileURLToPath(import.meta.url);
  for (const line of (new Error().stack ?? "").split("\n").slice(1)) {
    const place = /(?:\(|at )((?:file:\/\/)?\/.*?):\d+:\d+\)?$/.exec(line)?.[1];
    if (place === undefined) continue;
    const path = place.startsWith("file:") ? fileURLToPath(place) : place;
    if (path !== here) return dirname(path);
  }
  return process.cwd();
}
