/**
 * The common parts of `run`, `explore` and `replay`: options, runners, Ctrl-C, and the reporting of a
 * violation.
 */
import { basename, relative } from "node:path";
import { explainSystemError, LightconeError, messageOf } from "../base/errors.ts";
import { formatNs, parseDurationNs } from "../base/units.ts";
import {
  type DivergenceReport,
  formatSeed,
  replayCommand,
  RunnerPool,
  type WorldInfo,
  shellWord,
  recordTrace,
  type RunFileOptions,
  writeReplay,
} from "../explore/index.ts";
import { Progress, renderViolation, type Style, styleFor } from "../report/index.ts";

type RunOutcome = Awaited<ReturnType<RunnerPool["run"]>>;

/** Seeds are integers that a double represents exactly. */
const SEED_BITS = 53;

/** The single world file that a command was given. */
export function worldArgument(command: string, positionals: readonly string[]): string {
  const [world, ...rest] = positionals;
  if (world === undefined) throw usage(command, "which world?");
  if (rest.length > 0) throw usage(command, `one world at a time, not also ${rest.join(", ")}`);
  return world;
}

/** Parses a seed: decimal, or hexadecimal after 0x. */
export function parseSeed(command: string, text: string): number {
  const seed = /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(seed)) return seed;
  throw usage(
    command,
    `--seed ${JSON.stringify(text)} is not a whole number below 2^${SEED_BITS} (decimal, or hexadecimal after 0x)`,
  );
}

/** Parses a positive integer, up to `max` if given. */
export function parseCount(command: string, option: string, text: string, max?: number): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value > 0 && value <= (max ?? Infinity)) return value;
  const range = max === undefined ? "from 1" : `from 1 to ${max}`;
  throw usage(command, `--${option} ${JSON.stringify(text)} is not a whole number ${range}`);
}

/** Parses a duration of real time, which needs a unit and must be positive. Returns milliseconds. */
export function parseWallMs(command: string, option: string, text: string): number {
  const wallMs = parseDurationNs(text, `--${option}`) / 1e6;
  if (wallMs > 0) return wallMs;
  throw usage(command, `--${option} ${JSON.stringify(text)} leaves no time at all`);
}

/** An error in the usage of a command. */
export function usage(command: string, message: string): LightconeError {
  return new LightconeError("LC_USAGE", message, `See \`lightcone ${command} --help\`.`);
}

/** Starts runner processes for a world. */
export async function startPool(options: {
  readonly world: string;
  readonly jobs?: number | undefined;
  readonly calm?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called about every second during a long run, with the simulated time reached. */
  readonly onReached?: (nowNs: number) => void;
}): Promise<RunnerPool> {
  const { world, jobs, calm, signal, onReached } = options;
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  try {
    const pool = await RunnerPool.start({
      world,
      entry: new URL(`./runner-process.${extension}`, import.meta.url),
      ...(jobs !== undefined && { jobs }),
      ...(calm !== undefined && { calm }),
      signal,
      onDied: ({ message }) => {
        process.stderr.write(`lightcone: ${message}; another one takes its place\n`);
      },
      ...(onReached && { onReached }),
    });
    // The standard output is reserved for verdicts, which programs may parse.
    process.stderr.write(pool.info.printed + unsetSentence(pool.info));
    return pool;
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  }
}

/** Says which variables a world file reads and does not find: a hidden input is none, and may be missed. */
function unsetSentence({ path, unsetVariables: names }: WorldInfo): string {
  if (names.length === 0) return "";
  const are = names.length === 1 ? "which is not set there" : "which are not set there";
  return (
    `lightcone: ${basename(path)} reads ${names.join(", ")} from process.env, ${are}: ` +
    "a world takes nothing from the real machine's environment, so that a run can be repeated\n"
  );
}

/** The progress display of one long run: "12.5s of 60s simulated · 31s". */
export interface ShownRun {
  /** The duration of the run; set once it is known. */
  durationNs: number | undefined;
  readonly onReached: (nowNs: number) => void;
  close(): void;
}

/**
 * Shows the progress of one run on the standard error: a line that is rewritten, or one line from time to
 * time.
 */
export function showRun(): ShownRun {
  const progress = new Progress(process.stderr, styleFor(process.stderr));
  const startMs = performance.now();
  const shown: ShownRun = {
    durationNs: undefined,
    onReached(nowNs) {
      const of = shown.durationNs === undefined ? "" : ` of ${formatNs(shown.durationNs)}`;
      const seconds = (performance.now() - startMs) / 1_000;
      progress.update(() => `${formatNs(nowNs)}${of} simulated · ${seconds.toFixed(0)}s`);
    },
    close: () => progress.close(),
  };
  return shown;
}

/** Ctrl-C came before there was any result. */
export function interrupted(): LightconeError {
  return new LightconeError("LC_INTERRUPTED", "interrupted before the first run was over");
}

/** How often to check whether the shell that npm started us with is gone, in milliseconds. */
const ORPHAN_LOOK_MS = 200;

/**
 * Listens for Ctrl-C and SIGTERM. The first one requests an orderly end, the second one ends the process
 * immediately. A SIGTERM to `npx` only ends npm and the shell in between; in that case the death of the
 * parent is treated as the signal.
 */
export class Interrupt {
  /** A message that must be printed even then. */
  lastWords: string | undefined;
  readonly #controller = new AbortController();
  readonly #listener = (): void => {
    if (this.asked) {
      if (this.lastWords !== undefined) process.stderr.write(`lightcone: ${this.lastWords}\n`);
      // Remaining runners notice that their supervisor is gone, and end.
      process.exit(130);
    }
    this.#controller.abort("asked");
  };
  readonly #orphanTimer: NodeJS.Timeout | undefined;

  constructor() {
    process.on("SIGINT", this.#listener);
    process.on("SIGTERM", this.#listener);
    if (process.env["npm_config_user_agent"] === undefined) return;
    const parent = process.ppid;
    this.#orphanTimer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(this.#orphanTimer);
      if (!this.asked) this.#listener();
    }, ORPHAN_LOOK_MS);
    this.#orphanTimer.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get asked(): boolean {
    return this.signal.aborted;
  }

  close(): void {
    process.off("SIGINT", this.#listener);
    process.off("SIGTERM", this.#listener);
    clearInterval(this.#orphanTimer);
  }
}

/**
 * Writes the replay file of a violated run. Returns the footer line of the story that says how to replay
 * it. If the file cannot be written, the story is still shown.
 */
export function saveReplay(
  pool: RunnerPool,
  outcome: RunOutcome,
  faultsBefore: number,
): readonly [label: string, text: string] {
  const directory = process.cwd();
  const { path: world } = pool.info;
  try {
    const path = writeReplay({ directory, world, outcome, faultsBefore });
    return ["replay", replayCommand(directory, path, world)];
  } catch (error) {
    const again = `npx lightcone explore ${worldWord(pool)} --seed ${formatSeed(outcome.seed)} --runs 1`;
    return ["again", `${again}  (no replay file: ${messageOf(explainSystemError(error))})`];
  }
}

/**
 * Records a violated run once more and writes its trace and the page that shows it. Returns the footer lines that
 * name the files, or one that says why there are none: the verdict and the story stand without them.
 */
export async function saveTrace(
  pool: RunnerPool,
  outcome: RunOutcome,
  about: Omit<RunFileOptions, "directory"> = {},
): Promise<readonly (readonly [label: string, text: string])[]> {
  const directory = process.cwd();
  try {
    const { trace, page } = await recordTrace(pool, outcome, { directory, ...about });
    return [
      ["trace", relative(directory, trace)],
      ...(page === undefined ? [] : [["report", relative(directory, page)] as const]),
    ];
  } catch (error) {
    return [["trace", `there is no trace file: ${messageOf(explainSystemError(error))}`]];
  }
}

/** The world file as a shell word, relative to the working directory if it is below it. */
export function worldWord({ info }: RunnerPool): string {
  const shown = relative(process.cwd(), info.path);
  return shellWord(shown.startsWith("..") ? info.path : shown);
}

/** Reports a violated run: its violations of different checks as stories, the others in a sentence each. */
export function tellViolation(
  outcome: RunOutcome,
  options: {
    readonly style: Style;
    readonly subtitle: string;
    readonly footer: readonly (readonly [string, string])[];
  },
): string {
  const [first, ...others] = outcome.violations;
  if (!first) return "";
  const { style, subtitle, footer } = options;
  return renderViolation(
    {
      world: outcome.world,
      subtitle: `seed ${formatSeed(outcome.seed)} · ${subtitle}`,
      check: first.check,
      story: first.story,
      others,
      footer,
    },
    style,
  );
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
