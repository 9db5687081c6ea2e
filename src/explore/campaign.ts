/**
 * Many runs in search of a violation. Seeds are taken in order; the violation that counts is the one of
 * the lowest seed, whichever process found it first, so that a campaign is as repeatable as its runs.
 */
import type { RunOutcome } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";

/** What to search for, and how long. */
export interface CampaignOptions {
  readonly pool: RunnerPool;
  readonly firstSeed: number;
  /** The most runs. */
  readonly runs?: number | undefined;
  /** The longest time, in milliseconds of real time. */
  readonly forMs?: number | undefined;
  /** Go on after a violation. */
  readonly all?: boolean;
  /** Told of every run, in order of seeds. */
  readonly onRun?: (outcome: RunOutcome) => void;
  /** Asked before every run; true ends the campaign. */
  readonly stopped?: () => boolean;
}

/** Two runs of one seed that were not the same run. */
export interface Mismatch {
  readonly seed: number;
  readonly first: string;
  readonly second: string;
}

/** What a campaign came to. */
export interface CampaignResult {
  readonly runs: number;
  readonly wallMs: number;
  readonly simulatedNs: number;
  readonly events: number;
  readonly faults: number;
  readonly operations: number;
  readonly violated: number;
  readonly undecided: number;
  /** The violated run of the lowest seed. */
  readonly violation: RunOutcome | undefined;
  /** How many runs were run again, to see whether they are the same. */
  readonly rechecked: number;
  /** The first that was not. */
  readonly mismatch: Mismatch | undefined;
  /** Every `sometimes` that the runs reached, and whether it was ever true. */
  readonly sometimes: ReadonlyMap<string, boolean>;
}

/** One run in so many is run again, in another process where there is one. */
const RECHECK_EVERY = 25;
/** The first run is run again in a fresh process: a world that is never the same is told of at once. */
const RECHECK_FIRST = 0;

/** Runs a campaign to its end. */
export function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  return new Campaign(options).run();
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #startMs = performance.now();
  readonly #sometimes = new Map<string, boolean>();
  /** Outcomes that wait for those of lower seeds. */
  readonly #early = new Map<number, RunOutcome>();
  readonly #rechecks: Promise<void>[] = [];
  #next = 0;
  #told = 0;
  #simulatedNs = 0;
  #events = 0;
  #faults = 0;
  #operations = 0;
  #violated = 0;
  #undecided = 0;
  #rechecked = 0;
  #violation: RunOutcome | undefined;
  #mismatch: Mismatch | undefined;
  /** The number of the lowest run known to be violated: those after it need not begin. */
  #violatedAt = Infinity;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  async run(): Promise<CampaignResult> {
    const lanes = Array.from({ length: this.#options.pool.size }, () => this.#lane());
    await Promise.all(lanes);
    await Promise.all(this.#rechecks);
    return {
      runs: this.#told,
      wallMs: performance.now() - this.#startMs,
      simulatedNs: this.#simulatedNs,
      events: this.#events,
      faults: this.#faults,
      operations: this.#operations,
      violated: this.#violated,
      undecided: this.#undecided,
      violation: this.#violation,
      rechecked: this.#rechecked,
      mismatch: this.#mismatch,
      sometimes: this.#sometimes,
    };
  }

  async #lane(): Promise<void> {
    const { pool, firstSeed, all = false } = this.#options;
    while (!this.#over()) {
      const number = this.#next++;
      const outcome = await pool.run({ seed: firstSeed + number });
      if (outcome.verdict === "violated" && !all) {
        this.#violatedAt = Math.min(this.#violatedAt, number);
      }
      if (number % RECHECK_EVERY === RECHECK_FIRST) {
        this.#rechecks.push(this.#recheck(outcome, number === 0));
      }
      this.#early.set(number, outcome);
      this.#tell();
    }
  }

  #over(): boolean {
    const { runs = Infinity, forMs = Infinity, stopped } = this.#options;
    return (
      this.#next >= runs ||
      this.#next > this.#violatedAt ||
      this.#mismatch !== undefined ||
      performance.now() - this.#startMs >= forMs ||
      stopped?.() === true
    );
  }

  async #recheck({ seed, fingerprint }: RunOutcome, fresh: boolean): Promise<void> {
    if (this.#options.stopped?.()) return;
    const again = await this.#options.pool.run({ seed, fresh });
    this.#rechecked++;
    if (again.fingerprint === fingerprint || this.#mismatch) return;
    this.#mismatch = { seed, first: fingerprint, second: again.fingerprint };
  }

  /** Passes on outcomes in order of seeds, up to the first violated one. */
  #tell(): void {
    for (;;) {
      const outcome = this.#early.get(this.#told);
      if (!outcome || this.#told > this.#violatedAt) return;
      this.#early.delete(this.#told);
      this.#told++;
      this.#simulatedNs += outcome.simulatedNs;
      this.#events += outcome.events;
      this.#faults += outcome.faultsBegun;
      this.#operations += outcome.operations;
      if (outcome.verdict === "unknown") this.#undecided++;
      for (const [name, reached] of outcome.sometimes) {
        this.#sometimes.set(name, reached || this.#sometimes.get(name) === true);
      }
      if (outcome.verdict === "violated") {
        this.#violated++;
        this.#violation ??= outcome;
      }
      this.#options.onRun?.(outcome);
    }
  }
}
