/** What `run`, `explore` and `replay` have in common: options, runners, Ctrl-C, how a violation is told. */
import { relative } from "node:path";
import { LightconeError } from "../base/errors.ts";
import { parseDurationNs } from "../base/units.ts";
import { type DivergenceReport, formatSeed, RunnerPool, writeReplay } from "../explore/index.ts";
import { renderViolation, type Style } from "../report/index.ts";

type RunOutcome = Awaited<ReturnType<RunnerPool["run"]>>;

/** Seeds are integers that a double holds exactly. */
const SEED_BITS = 53;

/** The one world file that a command was given. */
export function worldArgument(command: string, positionals: readonly string[]): string {
  const [world, ...rest] = positionals;
  if (world === undefined) throw usage(command, "which world?");
  if (rest.length > 0) throw usage(command, `one world at a time, not also ${rest.join(", ")}`);
  return world;
}

/** A seed: decimal, or hexadecimal after 0x. */
export function parseSeed(command: string, text: string): number {
  const seed = /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(seed)) return seed;
  throw usage(
    command,
    `--seed ${JSON.stringify(text)} is not a whole number below 2^${SEED_BITS} (decimal, or hexadecimal after 0x)`,
  );
}

/** A positive whole number. */
export function parseCount(command: string, option: string, text: string): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw usage(command, `--${option} ${JSON.stringify(text)} is not a whole number from 1`);
}

/** A duration of real time, in milliseconds. */
export function parseWallMs(option: string, text: string): number {
  return parseDurationNs(/^[0-9.]+$/.test(text) ? Number(text) : text, `--${option}`) / 1e6;
}

/** An error in how a command was called. */
export function usage(command: string, message: string): LightconeError {
  return new LightconeError("LC_USAGE", message, `See \`lightcone ${command} --help\`.`);
}

/** Starts runner processes for a world. */
export function startPool(options: {
  readonly world: string;
  readonly jobs?: number | undefined;
  readonly calm?: boolean | undefined;
}): Promise<RunnerPool> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return RunnerPool.start({
    world: options.world,
    entry: new URL(`./runner-process.${extension}`, import.meta.url),
    ...(options.jobs !== undefined && { jobs: options.jobs }),
    ...(options.calm !== undefined && { calm: options.calm }),
  });
}

/** Listens for Ctrl-C: the first one asks to end, the second one does not ask. */
export class Interrupt {
  #asked = false;
  readonly #listener: () => void;

  constructor(pool: RunnerPool) {
    this.#listener = () => {
      if (this.#asked) {
        pool.stop();
        process.exit(130);
      }
      this.#asked = true;
    };
    process.on("SIGINT", this.#listener);
    process.on("SIGTERM", this.#listener);
  }

  get asked(): boolean {
    return this.#asked;
  }

  close(): void {
    process.off("SIGINT", this.#listener);
    process.off("SIGTERM", this.#listener);
  }
}

/** Writes the replay file of a violated run; returns its path, relative to the working directory. */
export function saveReplay(pool: RunnerPool, outcome: RunOutcome, faultsBefore: number): string {
  const directory = process.cwd();
  const { path: world, digest: code } = pool.info;
  return relative(directory, writeReplay({ directory, world, outcome, faultsBefore, code }));
}

/** Tells a violated run: its first violation as a story, the others by name. */
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
  const more = others.length === 0 ? [] : [["also", othersByCheck(others)] as const];
  return renderViolation(
    {
      world: outcome.world,
      subtitle: `seed ${formatSeed(outcome.seed)} · ${subtitle}`,
      check: first.check,
      story: first.story,
      footer: [...more, ...footer],
    },
    style,
  );
}

function othersByCheck(others: RunOutcome["violations"]): string {
  const byCheck = new Map<string, number>();
  for (const { check } of others) byCheck.set(check, (byCheck.get(check) ?? 0) + 1);
  return [...byCheck]
    .map(([check, times]) => (times > 1 ? `${check} (${times})` : check))
    .join(", ");
}

/** "1 fault", "7 faults", "no faults". */
export function faultsWord(count: number): string {
  return count === 0 ? "no faults" : `${count} ${count === 1 ? "fault" : "faults"}`;
}

/** Tells where two runs of one seed part: the blocker among errors. */
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
