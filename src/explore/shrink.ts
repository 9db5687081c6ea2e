/**
 * Reduces a schedule while it still causes the violation: first to fewer faults (delta debugging, Zeller
 * and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002), then to shorter faults
 * with rounder times. Pure except for the runs that it requests.
 */
import { MS, SECOND } from "../base/units.ts";
import { type Fault, faultKind } from "../sim/faults/index.ts";
import { around } from "../sim/faults/lighter.ts";

/** Whether a schedule still shows the same violation. May be called several times concurrently. */
export type StillViolates = (schedule: readonly Fault[]) => Promise<boolean>;

/** Limits and options of shrinking. */
export interface ShrinkOptions {
  readonly test: StillViolates;
  /**
   * The number of candidates tried in parallel. The first in order that violates is taken, and only the candidates
   * up to it count as runs, so that the result is the same for every number.
   */
  readonly parallel?: number;
  /** Whether it is already known that the empty schedule does not violate. */
  readonly notEmpty?: boolean;
  /** Only remove faults, without changing the remaining ones. */
  readonly fewerOnly?: boolean;
  /** The most runs to spend, as `Shrunk.runs` counts them. */
  readonly runsMax?: number;
  /** Called for every candidate that counts as a run, in order, when its verdict is known. */
  readonly onRun?: (schedule: readonly Fault[]) => void;
  /** Called after every step that reduced the schedule. */
  readonly onSmaller?: (schedule: readonly Fault[]) => void;
  /** Called before every batch; true ends shrinking with the current result. */
  readonly stopped?: () => boolean;
}

/** A schedule after shrinking. */
export interface Shrunk {
  readonly schedule: readonly Fault[];
  /** The number of runs that trying one candidate after the other takes. */
  readonly runs: number;
  /** Whether no fault can be left out: removing each one was tried and the violation disappeared. */
  readonly minimal: boolean;
}

type Schedule = readonly Fault[];

/** With more faults than this, moving them takes too many runs. */
const MOVED_FAULTS_MAX = 4;
/** The distances by which faults are moved: alternately later and earlier, at increasing distances. */
const MOVES_NS: readonly number[] = Array.from({ length: 24 }, (_, at) => {
  return (at % 2 === 0 ? 1 : -1) * (Math.floor(at / 2) + 1) * 70 * MS;
});

/** Shrinks a schedule that is known to violate. The result has been tested to violate. */
export async function shrink(schedule: Schedule, options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(schedule, options);
  await search.fewerFaults();
  if (options.fewerOnly !== true) {
    await search.movedFaults();
    await search.simplerFaults();
    // After shortening, another fault may have become unnecessary.
    if (search.best.length > 1) await search.fewerFaults();
  }
  return { schedule: search.best, runs: search.runs, minimal: search.minimal };
}

class Search {
  best: Schedule;
  runs = 0;
  minimal = false;
  readonly #options: ShrinkOptions;
  /** Verdicts by schedule, because the same candidate occurs more than once. */
  readonly #known = new Map<string, Promise<boolean>>();
  /** The candidates that count as runs. */
  readonly #counted = new Set<string>();

  constructor(schedule: Schedule, options: ShrinkOptions) {
    this.best = schedule;
    this.#options = options;
  }

  /** Zeller's ddmin, on complements. The result is 1-minimal. */
  async fewerFaults(): Promise<void> {
    this.minimal = false;
    const asksEmpty = this.best.length > 0 && this.#options.notEmpty !== true;
    if (asksEmpty && (await this.#first([[]]))) {
      this.minimal = true;
      return;
    }
    let parts = 2;
    while (this.best.length > 1 && !this.#over()) {
      const size = Math.ceil(this.best.length / parts);
      const chunks: Schedule[] = [];
      for (let at = 0; at < this.best.length; at += size) {
        chunks.push(this.best.slice(at, at + size));
      }
      const without = chunks.map((chunk) => this.best.filter((fault) => !chunk.includes(fault)));
      const candidates = parts === 2 ? chunks : [...(size > 1 ? chunks : []), ...without];
      const found = await this.#first(candidates);
      if (found) {
        parts = Math.max(2, found.length < size + 1 ? 2 : parts - 1);
      } else if (size === 1) {
        this.minimal = true;
        return;
      } else {
        parts = Math.min(this.best.length, parts * 2);
      }
    }
    this.minimal = this.best.length <= 1 && !this.#over();
  }

  /**
   * A fault may matter only because it delayed what another one affected. So each is left out once more,
   * with the others moved in time, until the violation occurs at some offset.
   */
  async movedFaults(): Promise<void> {
    for (let at = 0; at < this.best.length && this.best.length <= MOVED_FAULTS_MAX;) {
      const rest = this.best.filter((_, other) => other !== at);
      const found = rest.length > 0 && (await this.#first(MOVES_NS.map((ns) => moved(rest, ns))));
      if (this.#over()) return;
      at = found ? 0 : at + 1;
    }
  }

  /** Simplifies each fault: weaker, shorter, and at round times. */
  async simplerFaults(): Promise<void> {
    for (let at = 0; at < this.best.length && !this.#over(); at++) {
      for (const simplify of [lighter, shorter, rounder]) {
        for (let rounds = 0; rounds < 12 && !this.#over(); rounds++) {
          const fault = this.best[at] as Fault;
          const candidates = simplify(fault).map((simpler) => this.best.with(at, simpler));
          if (!(await this.#first(candidates))) break;
        }
      }
    }
  }

  /** Returns the first candidate, in order, that violates. It becomes the best. */
  async #first(candidates: readonly Schedule[]): Promise<Schedule | undefined> {
    const { parallel = 1, onSmaller } = this.#options;
    for (let at = 0; at < candidates.length && !this.#over(); at++) {
      const candidate = candidates[at] as Schedule;
      // Those after it are begun early, and count only when their turn comes.
      for (const next of candidates.slice(at + 1, at + parallel)) void this.#ask(next);
      if (!(await this.#take(candidate))) continue;
      this.best = candidate;
      onSmaller?.(candidate);
      return candidate;
    }
    return undefined;
  }
  /** The verdict of a candidate whose turn has come. The same candidate is run and counted once. */
  async #take(schedule: Schedule): Promise<boolean> {
    const key = JSON.stringify(schedule);
    if (this.#counted.has(key)) return this.#ask(schedule);
    this.#counted.add(key);
    this.runs++;
    const verdict = await this.#ask(schedule);
    this.#options.onRun?.(schedule);
    return verdict;
  }

  #ask(schedule: Schedule): Promise<boolean> {
    const key = JSON.stringify(schedule);
    const known = this.#known.get(key);
    if (known) return known;
    const verdict = this.#options.test(schedule);
    this.#known.set(key, verdict);
    // Whoever takes the candidate receives the error. Nobody may, if it was begun early.
    verdict.catch(() => {});
    return verdict;
  }

  #over(): boolean {
    return this.runs >= (this.#options.runsMax ?? Infinity) || this.#options.stopped?.() === true;
  }
}

/** Weaker versions of a fault, as its kind defines: fewer links, a smaller step, one direction, not both. */
function lighter(fault: Fault): readonly Fault[] {
  return faultKind(fault.kind).lighter(fault);
}

function moved(schedule: Schedule, byNs: number): Schedule {
  return schedule.map((fault) => ({ ...fault, startNs: Math.max(0, fault.startNs + byNs) }));
}

/** The same fault with a shorter duration: halved, then reduced by a quarter. */
function shorter(fault: Fault): Fault[] {
  const lengths = [fault.durationNs / 2, (fault.durationNs * 3) / 4]
    .map((ns) => Math.round(ns / MS) * MS)
    .filter((ns) => ns >= MS && ns < fault.durationNs);
  return lengths.map((durationNs) => ({ ...fault, durationNs }));
}

/** The same fault at rounder times: whole seconds, then tenths, then hundredths. */
function rounder(fault: Fault): Fault[] {
  const out: Fault[] = [];
  for (const grainNs of [SECOND, SECOND / 10, SECOND / 100]) {
    if (fault.durationNs % grainNs !== 0) {
      for (const durationNs of around(fault.durationNs, grainNs)) {
        if (durationNs > 0) out.push({ ...fault, durationNs });
      }
    }
    if (fault.startNs % grainNs !== 0) {
      for (const startNs of around(fault.startNs, grainNs)) out.push({ ...fault, startNs });
    }
  }
  return out;
}
