/**
 * When a violation became inevitable. A violated run is branched at many moments: everything up to the moment is the
 * same, and from then on other random numbers are drawn, so that messages take other times and programs other choices.
 * While some of these futures still hold, there was a chance. Each moment is tried twice: with the faults that the run
 * had, and with all faults over at that moment, since a system should recover once they are.
 */
import { LightconeError } from "../base/errors.ts";
import { SECOND } from "../base/units.ts";
import type { Fault } from "../sim/faults/index.ts";
import type { Trace } from "../trace/trace.ts";
import type { RunOutcome, RunRequest, RunViolation } from "../world/outcome.ts";
import { requestOf } from "./fewer-hosts.ts";
import { shownNs } from "./fewer-faults.ts";
import type { RunnerPool } from "./pool.ts";
import { aborted, type ShrinkEnd, sameViolation } from "./shrink-run.ts";

/** How many futures were tried, and how many of them showed the violation. */
export interface Share {
  readonly violated: number;
  readonly of: number;
}

/** The futures of one moment of the run. */
export interface CauseMoment {
  readonly atNs: number;
  /** With the same faults. */
  readonly same: Share;
  /** With all faults over from that moment on; `undefined` for a run without faults. */
  readonly calm: Share | undefined;
}

/** Between which moments a violation became inevitable. */
export interface TurningPoint {
  /** The last moment from which a future held; `undefined` if none did. */
  readonly lastChanceNs: number | undefined;
  /** The earliest moment from which no future held any more; `undefined` if there is none. */
  readonly inevitableNs: number | undefined;
  /** How many futures were tried at `inevitableNs`. */
  readonly futures: number;
}

/** What the futures of a violated run say about its cause. */
export interface Cause {
  /** The run, with its trace. */
  readonly outcome: RunOutcome;
  readonly violation: RunViolation;
  /** The moments that were tried, in order of time. */
  readonly moments: readonly CauseMoment[];
  /** The turning point with the same faults. */
  readonly same: TurningPoint;
  /** The turning point with all faults over from each moment on; `undefined` for a run without faults. */
  readonly calm: TurningPoint | undefined;
  readonly runs: number;
  /** The reason why it ended early; `undefined` if it finished. */
  readonly ended: ShrinkEnd | undefined;
}

/** Options of `findCause`. */
export interface CauseOptions {
  /** How many futures each moment has. Default: 12. */
  readonly futures?: number;
  readonly onStep?: (runs: number) => void;
  /** Ends it immediately with what is known. The reason is "time" if a deadline was reached. */
  readonly signal?: AbortSignal | undefined;
}

const FUTURES = 12;
/** So many moments are tried at first, evenly over the time until the violation shows. */
const MOMENTS = 8;
/** The moment from which no future held is confirmed with so many times as many futures. */
const CONFIRM_TIMES = 4;
/** How often a confirmation may find a future that holds, and the search goes on behind it. */
const CONFIRMATIONS_MAX = 4;
/**
 * How long a future goes on after the time at which the run was violated: in another future the same violation may
 * come later.
 */
const AFTERMATH_NS = 5 * SECOND;

/**
 * Branches a violated run (`request`) and looks for the moment from which its first violation was inevitable.
 * Rejects with `LC_NOT_VIOLATED` if the run is not violated.
 */
export async function findCause(
  pool: RunnerPool,
  request: Pick<RunRequest, "seed" | "schedule" | "unstarted">,
  options: CauseOptions = {},
): Promise<Cause> {
  const outcome = await pool.run({ ...request, trace: true });
  const [violation] = outcome.violations;
  if (!violation) {
    throw new LightconeError(
      "LC_NOT_VIOLATED",
      "the run is not violated: there is no cause to look for",
      "`lightcone replay` says whether the code has changed since the file was written.",
    );
  }
  return new Search(pool, outcome, violation, options).run();
}

/** All faults that had begun by `atNs`, over by then. */
export function liftedAt(schedule: readonly Fault[], atNs: number): Fault[] {
  return schedule
    .filter(({ startNs }) => startNs <= atNs)
    .map((fault) => {
      const durationNs = Math.min(fault.durationNs, Math.max(1, atNs - fault.startNs));
      return { ...fault, durationNs };
    });
}

/** The distinct times of the events of a trace from `fromNs` to `toNs`, both left out. */
export function timesBetween(trace: Trace, fromNs: number, toNs: number): number[] {
  const times: number[] = [];
  for (let row = 0; row < trace.length; row++) {
    const atNs = trace.timeNs[row] as number;
    if (atNs > fromNs && atNs < toNs && atNs !== times.at(-1)) times.push(atNs);
  }
  return times;
}

/** With the same faults, or with all faults over from the moment on. */
type How = "same" | "calm";

class Search {
  readonly #pool: RunnerPool;
  readonly #outcome: RunOutcome;
  readonly #violation: RunViolation;
  readonly #options: CauseOptions;
  readonly #futures: number;
  /** The violation shows at this time; nothing after it is a cause. */
  readonly #endNs: number;
  readonly #hasFaults: boolean;
  readonly #aborted: Promise<undefined>;
  readonly #moments = new Map<number, CauseMoment>();
  #runs = 0;

  constructor(
    pool: RunnerPool,
    outcome: RunOutcome,
    violation: RunViolation,
    options: CauseOptions,
  ) {
    this.#pool = pool;
    this.#outcome = outcome;
    this.#violation = violation;
    this.#options = options;
    this.#futures = options.futures ?? FUTURES;
    const shown = Math.min(shownNs(violation.story), outcome.simulatedNs);
    this.#endNs = violation.completeNs ?? shown;
    this.#hasFaults = outcome.schedule.length > 0;
    this.#aborted = aborted(options.signal);
  }

  async run(): Promise<Cause> {
    for (let part = 0; part <= MOMENTS && !this.#isAsked; part++) {
      await this.#moment(Math.round((this.#endNs * part) / MOMENTS));
    }
    const calm = this.#hasFaults ? await this.#turningPoint("calm") : undefined;
    const same = await this.#turningPoint("same");
    return {
      outcome: this.#outcome,
      violation: this.#violation,
      moments: [...this.#moments.values()].toSorted((a, b) => a.atNs - b.atNs),
      same,
      calm,
      runs: this.#runs,
      ended: this.#ended,
    };
  }

  get #isAsked(): boolean {
    return this.#options.signal?.aborted === true;
  }

  get #ended(): ShrinkEnd | undefined {
    return this.#isAsked ? (this.#options.signal?.reason as ShrinkEnd) : undefined;
  }

  /**
   * Looks for the last moment from which a future held, and the next event behind it, from which none did. That none
   * holds is confirmed with more futures.
   */
  async #turningPoint(how: How): Promise<TurningPoint> {
    for (let confirmations = 0; ; confirmations++) {
      await this.#bisect(how);
      const { lastChanceNs, inevitableNs } = this.#bounds(how);
      const many = this.#futures * CONFIRM_TIMES;
      const isOver = inevitableNs === undefined || confirmations === CONFIRMATIONS_MAX;
      const share =
        isOver || this.#isAsked ? undefined : await this.#share(inevitableNs, how, many);
      if (share === undefined || this.#isAsked) {
        return { lastChanceNs, inevitableNs, futures: this.#futures };
      }
      const moment = this.#moments.get(inevitableNs as number) as CauseMoment;
      this.#moments.set(moment.atNs, { ...moment, [how]: share });
      if (share.violated === share.of) return { lastChanceNs, inevitableNs, futures: many };
      // A future held after all: the search goes on behind it.
    }
  }

  async #bisect(how: How): Promise<void> {
    const { trace } = this.#outcome;
    if (!trace) return;
    while (!this.#isAsked) {
      const { lastChanceNs, inevitableNs } = this.#bounds(how);
      if (lastChanceNs === undefined || inevitableNs === undefined) return;
      const times = timesBetween(trace, lastChanceNs, inevitableNs);
      if (times.length === 0) return;
      await this.#moment(times[times.length >> 1] as number);
    }
  }

  /** The last moment from which a future held, and the next one that was tried. */
  #bounds(how: How): Pick<TurningPoint, "lastChanceNs" | "inevitableNs"> {
    const tried = [...this.#moments.values()].toSorted((a, b) => a.atNs - b.atNs);
    const at = tried.findLastIndex((moment) => {
      const { violated, of } = moment[how] as Share;
      return violated < of;
    });
    return { lastChanceNs: tried[at]?.atNs, inevitableNs: tried[at + 1]?.atNs };
  }

  /** Tries the futures of one moment. */
  async #moment(atNs: number): Promise<void> {
    if (this.#moments.has(atNs)) return;
    const [same, calm] = await Promise.all([
      this.#share(atNs, "same", this.#futures),
      this.#hasFaults ? this.#share(atNs, "calm", this.#futures) : undefined,
    ]);
    // What an interrupt cut short says nothing.
    if (!this.#isAsked) this.#moments.set(atNs, { atNs, same, calm });
  }

  async #share(atNs: number, how: How, count: number): Promise<Share> {
    const { schedule } = this.#outcome;
    const { completeNs } = this.#violation;
    const untilNs = completeNs === undefined ? undefined : completeNs + AFTERMATH_NS;
    const faults = how === "calm" ? liftedAt(schedule, atNs) : schedule;
    const futures = Array.from({ length: count }, (_, at) => at + 1).map(async (salt) => {
      const branch = { atNs, salt };
      const outcome = await this.#run({
        ...requestOf(this.#outcome),
        schedule: faults,
        branch,
        untilNs,
      });
      return outcome && sameViolation(this.#violation, outcome) !== undefined;
    });
    const results = (await Promise.all(futures)).filter((each) => each !== undefined);
    return { violated: results.filter(Boolean).length, of: results.length };
  }

  /** Makes a run; `undefined` once the search is to end. */
  async #run(request: RunRequest): Promise<RunOutcome | undefined> {
    if (this.#isAsked) return undefined;
    const made = this.#pool.run(request).then((outcome) => {
      if (this.#isAsked) return undefined;
      this.#runs++;
      this.#options.onStep?.(this.#runs);
      return outcome;
    });
    return Promise.race([made, this.#aborted]);
  }
}
