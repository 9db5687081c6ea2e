/**
 * Shrinks the faults of a violated run, with the runners of a pool. What it says of a fault ("it is needed") it
 * has tried in runs to their end; and it first asks whether any fault is needed at all, with several seeds.
 */
import { LightconeError } from "../base/errors.ts";
import { SECOND } from "../base/units.ts";
import type { Fault } from "../sim/faults.ts";
import type { RunOutcome, RunViolation } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { formatSeed } from "./replay-file.ts";
import { shrink, type Shrunk } from "./shrink.ts";

/** Why shrinking ended before nothing more could go. */
export type ShrinkEnd = "asked" | "time" | "runs";

/** A violated run, shrunk. */
export interface ShrunkRun {
  /** The run with the fewest and simplest faults that still shows it. Its seed is another one only without faults. */
  readonly outcome: RunOutcome;
  /** The seed that was found. */
  readonly foundSeed: number;
  readonly faultsBefore: number;
  /** How many runs it took. */
  readonly runs: number;
  /** No fault of it can be left out: each was, in a run to its end, and the violation was gone. */
  readonly minimal: boolean;
  /** How many seeds were run to their end without any fault, and did not show it. */
  readonly calmSeeds: number;
  /** Why it ended early; `undefined` when it came to its end. */
  readonly ended: ShrinkEnd | undefined;
  /** Other bugs that violated the same check with fewer faults: one sentence for each. They were not followed. */
  readonly otherCauses: readonly string[];
}

/** How to shrink. */
export interface ShrinkRunOptions {
  readonly onStep?: (faults: number, runs: number) => void;
  /** Ends it at once, with what there is. Its reason is "time" where a deadline came. */
  readonly signal?: AbortSignal | undefined;
}

/** What shrinking may cost. */
const RUNS_MAX = 400;
/** How long the run that is to be told may take when shrinking is ended from outside, in milliseconds. */
const GRACE_MS = 10_000;
/** How many of them are kept for runs to their end. */
const WHOLE_RUNS = 60;
/** How long after the violation a run goes on while shrinking: with other faults it may come later. */
const AFTERMATH_NS = 5 * SECOND;
/** How many seeds are tried without any fault, the found one first. */
const CALM_SEEDS = 8;
/** More causes than that are not told. */
const CAUSES_TOLD_MAX = 3;

/** Shrinks until nothing more can go: the first violation of `outcome` must stay, by the same cause. */
export async function shrinkRun(
  pool: RunnerPool,
  outcome: RunOutcome,
  options: ShrinkRunOptions = {},
): Promise<ShrunkRun> {
  return new ShrinkRun(pool, outcome, options).run();
}

/** What shrinking came to, for whoever puts it into words. */
export function toldShrink(shrunk: ShrunkRun): {
  readonly seed: string;
  readonly foundSeed: string;
  readonly check: string;
  readonly faultsBefore: number;
  readonly faultsAfter: number;
  readonly minimal: boolean;
  readonly calmSeeds: number;
  readonly ended: ShrinkEnd | undefined;
  readonly otherCauses: readonly string[];
} {
  const { outcome, foundSeed, faultsBefore, minimal, calmSeeds, ended, otherCauses } = shrunk;
  return {
    seed: formatSeed(outcome.seed),
    foundSeed: formatSeed(foundSeed),
    check: outcome.violations[0]?.check ?? "",
    faultsBefore,
    faultsAfter: outcome.schedule.length,
    minimal,
    calmSeeds,
    ended,
    otherCauses,
  };
}

/** Whether a run shows the same bug: the same check is violated, by the same cause. */
export function sameViolation(
  target: RunViolation | undefined,
  { violations }: RunOutcome,
): RunViolation | undefined {
  const [cause] = target?.causes ?? [];
  return violations.find(({ check, causes }) => {
    return check === target?.check && (cause === undefined || causes.includes(cause));
  });
}

class ShrinkRun {
  readonly #pool: RunnerPool;
  readonly #found: RunOutcome;
  readonly #target: RunViolation | undefined;
  readonly #options: ShrinkRunOptions;
  readonly #aborted: Promise<undefined>;
  readonly #others = new Map<string, string>();
  #runs = 0;
  #calmSeeds = 0;
  #minimal = false;
  #runsSpent = false;

  constructor(pool: RunnerPool, found: RunOutcome, options: ShrinkRunOptions) {
    this.#pool = pool;
    this.#found = found;
    this.#target = found.violations[0];
    this.#options = options;
    this.#aborted = aborted(options.signal);
  }

  async run(): Promise<ShrunkRun> {
    const { schedule } = this.#found;
    if (schedule.length === 0) {
      this.#minimal = true;
      return this.#told(this.#found);
    }
    const calm = await this.#withoutFaults(0, CALM_SEEDS / 2);
    if (calm) return this.#toldCalm(calm);
    const untilNs = this.#untilNs();
    const short =
      untilNs === undefined ? schedule : (await this.#shrink(schedule, untilNs)).schedule;
    const shown = untilNs === undefined ? undefined : await this.#whole(short);
    // A check that takes back what it said of a part: only whole runs can be compared.
    const from = shown ? short : schedule;
    const last = await this.#shrink(from, undefined, shown !== undefined);
    const complete = last.minimal && !this.#stopped();
    // The other half when it is known that there is time for it.
    const late = await this.#withoutFaults(CALM_SEEDS / 2, CALM_SEEDS);
    if (late) return this.#toldCalm(late);
    // That a last one cannot go was seen when none was tried.
    const onlyOne = last.schedule.length === 1 && this.#calmSeeds > 0;
    this.#minimal = onlyOne || complete;
    const whole = last.schedule === from ? shown : await this.#whole(last.schedule);
    return this.#told(whole ?? shown ?? this.#found);
  }

  /** Runs without any fault, of the found seed and some after it. Gives the first that shows the same. */
  async #withoutFaults(from: number, to: number): Promise<RunOutcome | undefined> {
    const seeds = Array.from({ length: to - from }, (_, at) => this.#found.seed + from + at);
    const possible = seeds.filter((seed) => Number.isSafeInteger(seed));
    for (let at = 0; at < possible.length; at += this.#pool.size) {
      const batch = possible.slice(at, at + this.#pool.size);
      const outcomes = await Promise.all(batch.map((seed) => this.#try(seed, [], undefined)));
      const shown = outcomes.find((outcome) => outcome && sameViolation(this.#target, outcome));
      if (shown) return shown;
      this.#calmSeeds += outcomes.filter((outcome) => outcome !== undefined).length;
    }
    return undefined;
  }

  /** `fewerOnly`: it was shrunk before, in shorter runs; what is left to see is whether each fault is needed. */
  async #shrink(
    schedule: readonly Fault[],
    untilNs: number | undefined,
    fewerOnly = false,
  ): Promise<Shrunk> {
    const { onStep } = this.#options;
    let faults = schedule.length;
    const runsMax = RUNS_MAX - this.#runs - (untilNs === undefined ? 0 : WHOLE_RUNS);
    const shrunk = await shrink(schedule, {
      parallel: this.#pool.size,
      runsMax,
      fewerOnly,
      // Tried already, with this seed and others.
      notEmpty: this.#calmSeeds > 0,
      stopped: () => this.#stopped(),
      onSmaller: (smaller) => {
        faults = smaller.length;
      },
      test: async (candidate) => {
        const tried = await this.#try(this.#found.seed, candidate, untilNs);
        onStep?.(faults, this.#runs);
        return tried !== undefined && sameViolation(this.#target, tried) !== undefined;
      },
    });
    if (shrunk.runs >= runsMax) this.#runsSpent = true;
    return shrunk;
  }

  /** A run to its end with a schedule that is known to violate; `undefined` where it does not, to the end. */
  async #whole(schedule: readonly Fault[]): Promise<RunOutcome | undefined> {
    if (schedule === this.#found.schedule) return this.#found;
    const asked = this.#pool.run({ seed: this.#found.seed, schedule }).catch(neverMind);
    // Who has asked to end it waits for this one run, since nothing can be replayed otherwise; but not for ever.
    const whole = await Promise.race([asked, this.#aborted.then(() => after(GRACE_MS))]);
    return whole && sameViolation(this.#target, whole) ? whole : undefined;
  }

  /** One run; `undefined` where it cannot be made, or where nobody waits for it any more. */
  async #try(
    seed: number,
    schedule: readonly Fault[],
    untilNs: number | undefined,
  ): Promise<RunOutcome | undefined> {
    if (this.#stopped()) return undefined;
    this.#runs++;
    const asked = this.#pool.run({ seed, schedule, untilNs }).catch(neverMind);
    const tried = await Promise.race([asked, this.#aborted]);
    if (tried) this.#listen(tried);
    return tried;
  }

  /** Remembers the bugs that violate the same check, and are others. */
  #listen(tried: RunOutcome): void {
    if (sameViolation(this.#target, tried)) return;
    for (const { check, causes, evidence } of tried.violations) {
      const [cause] = causes;
      if (check !== this.#target?.check || cause === undefined || this.#others.has(cause)) continue;
      this.#others.set(cause, evidence.summary);
    }
  }

  #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #toldCalm(calm: RunOutcome): ShrunkRun {
    this.#minimal = true;
    return this.#told(calm);
  }

  #untilNs(): number | undefined {
    const completeNs = this.#target?.completeNs;
    if (completeNs === undefined) return undefined;
    const untilNs = completeNs + AFTERMATH_NS;
    return untilNs < this.#found.simulatedNs ? untilNs : undefined;
  }

  /** The violation that was shrunk comes first. */
  #told(outcome: RunOutcome): ShrunkRun {
    const first = sameViolation(this.#target, outcome);
    const rest = outcome.violations.filter((violation) => violation !== first);
    return {
      outcome: { ...outcome, violations: first ? [first, ...rest] : rest },
      foundSeed: this.#found.seed,
      faultsBefore: this.#found.schedule.length,
      runs: this.#runs,
      minimal: this.#minimal,
      calmSeeds: this.#calmSeeds,
      ended: this.#ended(),
      otherCauses: [...this.#others.values()].slice(0, CAUSES_TOLD_MAX),
    };
  }

  #ended(): ShrinkEnd | undefined {
    if (this.#minimal) return undefined;
    if (this.#stopped()) return this.#options.signal?.reason === "time" ? "time" : "asked";
    return this.#runsSpent ? "runs" : undefined;
  }
}

/** A run that cannot be made with these faults (a program that now loops, say) does not show the violation. */
function neverMind(error: unknown): undefined {
  if (!(error instanceof LightconeError)) throw error;
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}

/** Settles with nothing when the signal says so; never without one. */
function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
