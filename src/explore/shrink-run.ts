/**
 * Shrinks the faults of a violated run, with the runners of a pool. Every statement about a fault ("it is
 * needed") is tested with complete runs. First it checks with several seeds whether any fault is needed at
 * all.
 */
import { LightconeError } from "../base/errors.ts";
import { SECOND } from "../base/units.ts";
import { type Fault, isWithin } from "../sim/faults/index.ts";
import type { RunOutcome, RunViolation } from "../world/outcome.ts";
import { nearestFaults, otherSeeds, retimed, shownNs, smallSchedules } from "./fewer-faults.ts";
import type { PoolRequest, RunnerPool } from "./pool.ts";
import { formatSeed } from "./replay-file.ts";
import { shrink, type Shrunk } from "./shrink.ts";

/** The reason why shrinking ended before it was finished. */
export type ShrinkEnd = "asked" | "time" | "runs";

/** A violated run after shrinking. */
export interface ShrunkRun {
  /**
   * The run with the fewest and simplest faults that still shows the violation. Its seed differs from the
   * found one if another seed needs fewer faults, or none.
   */
  readonly outcome: RunOutcome;
  /** The seed of the violation that was found. */
  readonly foundSeed: number;
  readonly faultsBefore: number;
  /** The number of runs that shrinking one by one takes: the same with every number of processes. */
  readonly runs: number;
  /** Whether no fault can be left out: without each of them, a complete run did not show the violation. */
  readonly minimal: boolean;
  /** The number of seeds for which a complete run without faults did not show the violation. */
  readonly calmSeeds: number;
  /** The reason why it ended early; `undefined` if it finished. */
  readonly ended: ShrinkEnd | undefined;
  /**
   * Other bugs that violated the same check with fewer faults: one sentence for each. They were not
   * pursued.
   */
  readonly otherCauses: readonly string[];
  /** How the violation came about, before and after, if the check says that this has changed. */
  readonly manners: Manners | undefined;
}

/** How a violation came about in the run that was found, and in the one that is told. */
export interface Manners {
  readonly before: string;
  readonly after: string;
}

/** Options for shrinking. */
export interface ShrinkRunOptions {
  readonly onStep?: (faults: number, runs: number) => void;
  /** Ends shrinking immediately with the current result. The reason is "time" if a deadline was reached. */
  readonly signal?: AbortSignal | undefined;
}

/** The maximum number of runs. */
const RUNS_MAX = 400;
/**
 * How long the reported run may take after shrinking was ended from outside: at least this many milliseconds,
 * and at least this many times the longest run so far, because a busy machine is slow with every run.
 */
const GRACE_MS = 10_000;
const GRACE_RUNS = 3;
/** The number of runs reserved for complete runs. */
const WHOLE_RUNS = 60;
/**
 * How long a run continues after the violation during shrinking: with other faults the violation may come
 * later.
 */
const AFTERMATH_NS = 5 * SECOND;
/** The number of seeds tried without any fault, starting with the found one. */
const CALM_SEEDS = 8;
/** So many faults are few: with more, other seeds are asked early for fewer. */
const FEW_FAULTS = 3;
/** The number of runs to spend on removing faults with the found seed before other seeds are asked. */
const QUICK_RUNS = 16;
/** At the end, so many schedules with one fault fewer, or more, are tried with other seeds. */
const FEWER_TRIED_MAX = 4;
/** The maximum number of other causes reported. */
const CAUSES_TOLD_MAX = 3;

/** Shrinks as far as possible. The first violation of `outcome` must remain, with the same cause. */
export async function shrinkRun(
  pool: RunnerPool,
  outcome: RunOutcome,
  options: ShrinkRunOptions = {},
): Promise<ShrunkRun> {
  return new ShrinkRun(pool, outcome, options).run();
}

/** The facts about shrinking that are reported. */
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
  readonly manners: Manners | undefined;
} {
  const { outcome, foundSeed, faultsBefore, minimal, calmSeeds, ended, otherCauses, manners } =
    shrunk;
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
    manners,
  };
}

/** Whether a run shows the same bug: the same check is violated, with the same cause. */
export function sameViolation(
  target: RunViolation | undefined,
  { violations }: RunOutcome,
): RunViolation | undefined {
  const [cause] = target?.causes ?? [];
  return violations.find(({ check, causes }) => {
    return check === target?.check && (cause === undefined || causes.includes(cause));
  });
}

/** What is left of a schedule with one seed. */
interface Fewest {
  readonly schedule: readonly Fault[];
  readonly minimal: boolean;
  readonly outcome: RunOutcome;
}

class ShrinkRun {
  readonly #pool: RunnerPool;
  readonly #original: RunOutcome;
  /** The run that is shrunk: the original one, or one of another seed that needs fewer faults. */
  #found: RunOutcome;
  /** A part of its schedule that is known to be enough. */
  #enough: readonly Fault[];
  readonly #target: RunViolation | undefined;
  readonly #options: ShrinkRunOptions;
  readonly #aborted: Promise<undefined>;
  readonly #others = new Map<string, string>();
  /** Complete runs that show the violation, by schedule: those of the candidates that are still considered. */
  readonly #complete = new Map<string, RunOutcome>();
  #longestMs = 0;
  #runs = 0;
  #calmSeeds = 0;
  #minimal = false;
  #runsSpent = false;

  constructor(pool: RunnerPool, found: RunOutcome, options: ShrinkRunOptions) {
    this.#pool = pool;
    this.#original = found;
    this.#found = found;
    this.#enough = found.schedule;
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
    if (schedule.length > FEW_FAULTS && (await this.#fewToBeginWith())) {
      const still = await this.#withoutFaults(0, 1);
      if (still) return this.#toldCalm(still);
    }
    let last = await this.#fewest();
    while (last.schedule.length > 1 && (await this.#fewerElsewhere(last))) {
      const still = await this.#withoutFaults(0, 1);
      if (still) return this.#toldCalm(still);
      last = await this.#fewest();
    }
    // The other half, once it is known that there is time for it.
    const late = await this.#withoutFaults(CALM_SEEDS / 2, CALM_SEEDS);
    if (late) return this.#toldCalm(late);
    // The empty schedule has already been tried, so a single remaining fault is needed.
    const onlyOne = last.schedule.length === 1 && this.#calmSeeds > 0;
    this.#minimal = onlyOne || last.minimal;
    return this.#told(last.outcome);
  }

  /** Shrinks the schedule with its seed. */
  async #fewest(): Promise<Fewest> {
    const untilNs = this.#untilNs();
    const enough = this.#enough;
    const short = untilNs === undefined ? enough : (await this.#shrink(enough, untilNs)).schedule;
    const shown = short === this.#found.schedule ? this.#found : await this.#whole(short);
    // The check retracts its violation in the partial run, so only complete runs can be compared.
    const from = shown ? short : this.#found.schedule;
    const isSimple = untilNs !== undefined && shown !== undefined;
    const last = await this.#shrink(from, undefined, { fewerOnly: isSimple });
    const minimal = last.minimal && !this.#stopped();
    const whole = last.schedule === from ? shown : await this.#whole(last.schedule);
    return { schedule: last.schedule, minimal, outcome: whole ?? shown ?? this.#found };
  }

  /**
   * Looks for a few faults that are enough, before all are removed one after the other: the ones that were in effect
   * last, with the found seed; if that one needs many, with others. Returns whether it is another seed now.
   */
  async #fewToBeginWith(): Promise<boolean> {
    const untilNs = this.#untilNs();
    const nearest = this.#nearest(this.#found).slice(0, FEW_FAULTS);
    const few = nearest.flatMap((_, at) => {
      // The nearest one alone, and then the others with it or without.
      const among = at === 0 ? nearest.slice(0, 1) : nearest;
      return smallSchedules(this.#found.schedule, among, at + 1);
    });
    const { seed } = this.#found;
    const shown = await this.#firstShown(few.map((schedule) => ({ seed, schedule, untilNs })));
    if (shown) {
      this.#enough = shown.schedule;
      return false;
    }
    const options = { fewerOnly: true, runsMax: QUICK_RUNS };
    this.#enough = (await this.#shrink(this.#enough, untilNs, options)).schedule;
    return this.#enough.length > FEW_FAULTS && this.#elsewhere(few);
  }

  /** Whether another seed shows the violation with fewer faults than were left with this one. */
  #fewerElsewhere({ schedule, outcome }: Fewest): Promise<boolean> {
    const nearest = this.#nearest(outcome);
    const sizes = Array.from(
      { length: Math.min(schedule.length - 1, FEW_FAULTS) },
      (_, at) => at + 1,
    );
    return this.#elsewhere(
      sizes.flatMap((size) => smallSchedules(schedule, nearest, size).slice(0, FEWER_TRIED_MAX)),
    );
  }

  /**
   * Tries schedules with other seeds, and with smaller gaps between the faults. The first run that shows the violation is
   * shrunk from now on.
   */
  async #elsewhere(schedules: readonly (readonly Fault[])[]): Promise<boolean> {
    const first = this.#found.seed + CALM_SEEDS;
    const tries = schedules.flatMap((schedule) =>
      Array.from({ length: otherSeeds(schedule) }, (_, at) => {
        return { seed: first + at, schedule: retimed(schedule, at), untilNs: undefined };
      }),
    );
    const shown = await this.#firstShown(
      tries.filter(({ seed, schedule }) => {
        return Number.isSafeInteger(seed) && this.#isSurvivable(schedule);
      }),
    );
    if (!shown) return false;
    this.#found = shown;
    this.#enough = shown.schedule;
    this.#forgetAllBut(shown.schedule);
    return true;
  }

  /** The faults of a run, the ones that were in effect last before its violation first. */
  #nearest(outcome: RunOutcome): Fault[] {
    const violation = sameViolation(this.#target, outcome);
    return nearestFaults(outcome.schedule, violation ? shownNs(violation.story) : Infinity);
  }

  /** The first of these runs, in order, that shows the violation. */
  async #firstShown(all: readonly PoolRequest[]): Promise<RunOutcome | undefined> {
    const { size } = this.#pool;
    const requests = all.slice(0, Math.max(0, RUNS_MAX - WHOLE_RUNS - this.#runs));
    for (let at = 0; at < requests.length && !this.#stopped(); at += size) {
      const batch = requests.slice(at, at + size);
      const tried = await Promise.all(
        batch.map(({ seed, schedule = [], untilNs }) => this.#try(seed, schedule, untilNs)),
      );
      for (const [index, outcome] of tried.entries()) {
        // As if one were made after the other: what was tried beside the one that shows it does not count.
        this.#runs++;
        if (!outcome) continue;
        if (!sameViolation(this.#target, outcome)) {
          this.#listen(outcome.violations);
          continue;
        }
        const isComplete = batch[index]?.untilNs === undefined;
        if (isComplete) this.#complete.set(JSON.stringify(outcome.schedule), outcome);
        return outcome;
      }
      this.#options.onStep?.(this.#enough.length, this.#runs);
    }
    return undefined;
  }

  /**
   * Makes runs without faults, with the found seed and some after it. Returns the first that shows the same
   * violation.
   */
  async #withoutFaults(from: number, to: number): Promise<RunOutcome | undefined> {
    const seeds = Array.from({ length: to - from }, (_, at) => this.#found.seed + from + at);
    const possible = seeds.filter((seed) => Number.isSafeInteger(seed));
    for (let at = 0; at < possible.length; at += this.#pool.size) {
      const batch = possible.slice(at, at + this.#pool.size);
      const outcomes = await Promise.all(batch.map((seed) => this.#try(seed, [], undefined)));
      for (const outcome of outcomes) {
        this.#runs++;
        if (!outcome) continue;
        if (sameViolation(this.#target, outcome)) return outcome;
        this.#listen(outcome.violations);
        this.#calmSeeds++;
      }
    }
    return undefined;
  }

  /**
   * `fewerOnly`: faults are removed, and not made simpler. `runsMax`: how many runs it may take, beside the limit
   * for all.
   */
  async #shrink(
    schedule: readonly Fault[],
    untilNs: number | undefined,
    limits: { readonly fewerOnly?: boolean; readonly runsMax?: number } = {},
  ): Promise<Shrunk> {
    const { onStep } = this.#options;
    let faults = schedule.length;
    /** The violations of candidates that do not show the one that is shrunk, by schedule. */
    const others = new Map<string, readonly RunViolation[]>();
    const runsLeft = RUNS_MAX - this.#runs - (untilNs === undefined ? 0 : WHOLE_RUNS);
    const runsMax = Math.min(runsLeft, limits.runsMax ?? Infinity);
    const shrunk = await shrink(schedule, {
      parallel: this.#pool.size,
      runsMax,
      fewerOnly: limits.fewerOnly === true,
      // The empty schedule was already tried, with this seed and others.
      notEmpty: this.#calmSeeds > 0,
      stopped: () => this.#stopped(),
      onRun: (candidate) => {
        this.#runs++;
        onStep?.(faults, this.#runs);
        // Candidates that were run early and are not needed are not told either.
        this.#listen(others.get(JSON.stringify(candidate)) ?? []);
      },
      onSmaller: (smaller) => {
        faults = smaller.length;
        this.#forgetAllBut(smaller);
      },
      test: async (candidate) => {
        if (!this.#isSurvivable(candidate)) return false;
        const tried = await this.#try(this.#found.seed, candidate, untilNs);
        if (tried === undefined) return false;
        const key = JSON.stringify(candidate);
        const same = sameViolation(this.#target, tried) !== undefined;
        if (!same) others.set(key, tried.violations);
        else if (untilNs === undefined) this.#complete.set(key, tried);
        return same;
      },
    });
    if (shrunk.runs >= runsLeft) this.#runsSpent = true;
    return shrunk;
  }

  /** A complete run with a schedule that is known to violate; `undefined` if the complete run does not. */
  async #whole(schedule: readonly Fault[]): Promise<RunOutcome | undefined> {
    if (schedule === this.#found.schedule) return this.#found;
    const known = this.#complete.get(JSON.stringify(schedule));
    if (known) return known;
    const asked = this.#pool.run({ seed: this.#found.seed, schedule }).catch(neverMind);
    // After an interrupt, this one run is still awaited, because otherwise nothing can be replayed, but
    // with a time limit.
    const graceMs = Math.max(GRACE_MS, GRACE_RUNS * this.#longestMs);
    const whole = await Promise.race([asked, this.#aborted.then(() => after(graceMs))]);
    return whole && sameViolation(this.#target, whole) ? whole : undefined;
  }

  #forgetAllBut(schedule: readonly Fault[]): void {
    const key = JSON.stringify(schedule);
    const kept = this.#complete.get(key);
    this.#complete.clear();
    if (kept) this.#complete.set(key, kept);
  }

  /** One run; `undefined` if it cannot be made, or if it is no longer needed. */
  async #try(
    seed: number,
    schedule: readonly Fault[],
    untilNs: number | undefined,
  ): Promise<RunOutcome | undefined> {
    if (this.#stopped()) return undefined;
    const beganMs = performance.now();
    const asked = this.#pool.run({ seed, schedule, untilNs }).catch(neverMind);
    const tried = await Promise.race([asked, this.#aborted]);
    this.#longestMs = Math.max(this.#longestMs, performance.now() - beganMs);
    return tried;
  }

  /** Records other bugs that violate the same check. */
  #listen(violations: readonly RunViolation[]): void {
    for (const { check, causes, evidence } of violations) {
      const [cause] = causes;
      if (check !== this.#target?.check || cause === undefined || this.#others.has(cause)) continue;
      this.#others.set(cause, evidence.summary);
    }
  }

  /** Whether a world that survives what was found is asked for no more than it says that it survives. */
  #isSurvivable(candidate: readonly Fault[]): boolean {
    const { survivals } = this.#pool.info;
    return isWithin(candidate, survivals) || !isWithin(this.#found.schedule, survivals);
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

  /** Returns the result with the violation that was shrunk first. */
  #told(outcome: RunOutcome): ShrunkRun {
    const first = sameViolation(this.#target, outcome);
    const rest = outcome.violations.filter((violation) => violation !== first);
    return {
      outcome: { ...outcome, violations: first ? [first, ...rest] : rest },
      foundSeed: this.#original.seed,
      faultsBefore: this.#original.schedule.length,
      runs: this.#runs,
      minimal: this.#minimal,
      calmSeeds: this.#calmSeeds,
      ended: this.#ended(),
      otherCauses: [...this.#others.values()].slice(0, CAUSES_TOLD_MAX),
      manners: this.#manners(first),
    };
  }

  #manners(told: RunViolation | undefined): Manners | undefined {
    const before = this.#target?.evidence.manner;
    const after = told?.evidence.manner;
    return before === undefined || after === undefined || before === after
      ? undefined
      : { before, after };
  }

  #ended(): ShrinkEnd | undefined {
    if (this.#minimal) return undefined;
    if (this.#stopped()) return this.#options.signal?.reason === "time" ? "time" : "asked";
    return this.#runsSpent ? "runs" : undefined;
  }
}

/**
 * A run that cannot be made with these faults (because a program now loops, for example) does not show the
 * violation.
 */
function neverMind(error: unknown): undefined {
  if (!(error instanceof LightconeError)) throw error;
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}

/** Settles when the signal aborts; never without a signal. */
export function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve(undefined);
    signal?.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
