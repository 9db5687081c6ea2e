/**
 * The common parts of `run`, `explore` and `replay`: options, runners, Ctrl-C, and the reporting of a
 * violation.
 */
import { basename, relative } from "node:path";
import { LightconeError } from "../base/errors.ts";
import { formatNs, parseDurationNs } from "../base/units.ts";
import {
  formatSeed,
  interrupted,
  RunnerPool,
  type SavedReplay,
  type SavedTrace,
  type WorldInfo,
  shellWord,
} from "../explore/index.ts";
import { Progress, styleFor } from "../report/index.ts";

/** The result of a run. */
export type RunOutcome = Awaited<ReturnType<RunnerPool["run"]>>;

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

/** The footer line of a story that says how to replay it, or how to make the run again without a file. */
export function replayLine(
  pool: RunnerPool,
  { seed }: RunOutcome,
  replay: SavedReplay,
): readonly [label: string, text: string] {
  if (replay.path !== undefined) return ["replay", replay.command];
  const again = `npx lightcone explore ${worldWord(pool)} --seed ${formatSeed(seed)} --runs 1`;
  return ["again", `${again}  (no replay file: ${replay.problem})`];
}

/** The footer lines that name the files of a trace, or one that says why there are none. */
export function traceLines(trace: SavedTrace): readonly (readonly [label: string, text: string])[] {
  if (trace.path === undefined) return [["trace", `there is no trace file: ${trace.problem}`]];
  const shown = (path: string): string => relative(process.cwd(), path);
  return [
    ["trace", shown(trace.path)],
    ...(trace.page === undefined ? [] : [["report", shown(trace.page)] as const]),
  ];
}

/** The world file as a shell word, relative to the working directory if it is below it. */
export function worldWord({ info }: RunnerPool): string {
  const shown = relative(process.cwd(), info.path);
  return shellWord(shown.startsWith("..") ? info.path : shown);
}
