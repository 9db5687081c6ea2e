/** The options of `explore` and `holds`, and their validation: a misspelt option would be silently ignored. */
import { LightconeError } from "../base/errors.ts";
import { type Duration, parseDurationNs } from "../base/units.ts";

/** How much to explore. */
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
   * Whether things that were not judged fail as well: undecided checks, an `always` or `sometimes` that no run
   * reached, hosts that record nothing in the calm period. By default they are reported.
   */
  readonly strict?: boolean;
  /**
   * Whether the findings of earlier campaigns, which are kept in `.lightcone`, are run again first. One that is still
   * there is told, and no seeds are tried. Default: true in a test with faults, false for `explore` of
   * `lightcone/explore`.
   */
  readonly corpus?: boolean;
}

/** Options as they are used. */
export interface Limits {
  readonly runs: number;
  readonly forMs: number;
  readonly shrinkMs: number;
  readonly firstSeed: number;
  readonly jobs: number | undefined;
  readonly faults: boolean;
  readonly strict: boolean;
  readonly corpus: boolean | undefined;
}

interface Kind {
  readonly words: string;
  readonly is: (value: unknown) => boolean;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const count: Kind = { words: "a whole number from 1", is: isCount };
const flag: Kind = { words: "true or false", is: isBoolean };
// A duration reports its own errors.
const duration: Kind = { words: "a duration", is: () => true };

/** The valid values of each option. */
const kinds: Readonly<Record<keyof ExploreOptions, Kind>> = {
  runs: count,
  for: duration,
  shrinkFor: duration,
  seed: {
    words: "a whole number from 0 to 2^53 - 1",
    is: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  },
  jobs: count,
  faults: flag,
  strict: flag,
  corpus: flag,
};

/** The options with defaults. Throws `LC_USAGE` for what is no option, or no value of one; `word` is the function. */
export function readOptions(
  word: string,
  path: unknown,
  options: Readonly<Record<string, unknown>> | null,
): Limits {
  const bad = (what: string): LightconeError =>
    new LightconeError(
      "LC_USAGE",
      `${word}(${JSON.stringify(path) ?? String(path)}, ...): ${what}`,
    );
  if (typeof path !== "string" || path === "") throw bad("the first argument is a world's path");
  if (typeof options !== "object" || options === null) throw bad("the options are an object");
  for (const [option, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, option)) throw bad(`no option ${JSON.stringify(option)}`);
    const kind = kinds[option as keyof ExploreOptions];
    if (value !== undefined && !kind.is(value)) {
      throw bad(`${option} is ${JSON.stringify(value) ?? typeof value}, not ${kind.words}`);
    }
  }
  const given: ExploreOptions = options;
  return {
    runs: given.runs ?? 100,
    forMs: parseDurationNs(given.for ?? "30s", `${word}: for`) / 1e6,
    shrinkMs: parseDurationNs(given.shrinkFor ?? "60s", `${word}: shrinkFor`) / 1e6,
    firstSeed: given.seed ?? 1,
    jobs: given.jobs,
    faults: given.faults ?? true,
    strict: given.strict ?? false,
    corpus: given.corpus,
  };
}
