/**
 * A campaign: many runs in search of a violation. Seeds are taken in order. The violation of the lowest
 * seed is reported, whichever process found it first, so that a campaign is as repeatable as its runs.
 */
import { LightconeError } from "../base/errors.ts";
import { CoverageTally } from "../world/coverage.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";
import { formatSeed } from "./replay-file.ts";

/** What to search for, and for how long. */
export interface CampaignOptions {
  readonly pool: RunnerPool;
  readonly firstSeed: number;
  /** The runs to make, in place of one run for each seed. */
  readonly cases?: readonly RunRequest[] | undefined;
  /** The maximum number of runs. */
  readonly runs?: number | undefined;
  /** The maximum time, in milliseconds of real time. At least one run is always made. */
  readonly forMs?: number | undefined;
  /** Continue after a violation. */
  readonly all?: boolean;
  /** Called for every run, in order of seeds. */
  readonly onRun?: (outcome: RunOutcome) => void;
  /** Ends the campaign immediately. Runs in progress are not waited for; completed runs count. */
  readonly signal?: AbortSignal | undefined;
}

/** Two equal runs that differed. */
export interface Mismatch {
  readonly request: RunRequest;
  readonly first: string;
  readonly second: string;
}

/** The result of a campaign. */
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
  /** The number of runs that were repeated to check that they are identical. */
  readonly rechecked: number;
  /** The first repeated run that differed. */
  readonly mismatch: Mismatch | undefined;
  /** Every `sometimes` that the runs reached, with whether it was ever true. */
  readonly sometimes: ReadonlyMap<string, boolean>;
  /** Which checks and assertions the runs judged. */
  readonly coverage: CoverageTally;
  /** The error of a run that could not be made, which ended the campaign. Earlier results still count. */
  readonly failure: unknown;
}

/** One run in this many is repeated, in another process if there is one. */
const RECHECK_EVERY = 25;
/** The first run is repeated in a fresh process, so that a nondeterministic world is reported early. */
const RECHECK_FIRST = 0;

/** Runs a campaign to its end. */
export function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  return new Campaign(options).run();
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #startMs = performance.now();
  readonly #sometimes = new Map<string, boolean>();
  readonly #coverage = new CoverageTally();
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
  #failure: unknown;
  /** Whether the campaign is over. Later results are ignored. */
  #closed = false;
  /** The number of the lowest run known to be violated. Runs after it need not begin. */
  #violatedAt = Infinity;

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  async run(): Promise<CampaignResult> {
    const lanes = Array.from({ length: this.#options.pool.size }, () => this.#lane());
    const done = Promise.all(lanes).then(() => Promise.all(this.#rechecks));
    await Promise.race([done, aborted(this.#options.signal)]);
    this.#closed = true;
    this.#tellRest();
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
      coverage: this.#coverage,
      failure: this.#failure,
    };
  }

  async #lane(): Promise<void> {
    const { pool, all = false } = this.#options;
    while (!this.#over()) {
      const number = this.#next++;
      const request = this.#request(number);
      const outcome = await pool
        .run(request)
        .catch((error: unknown) => this.#fail(error, request.seed));
      if (!outcome || this.#closed) return;
      if (outcome.verdict === "violated" && !all) {
        this.#violatedAt = Math.min(this.#violatedAt, number);
      }
      if (number % RECHECK_EVERY === RECHECK_FIRST) {
        this.#rechecks.push(this.#recheck(request, outcome.fingerprint, number === 0));
      }
      this.#early.set(number, outcome);
      this.#tell();
    }
  }

  /** The run with a number, from 0. */
  #request(number: number): RunRequest {
    const { cases, firstSeed } = this.#options;
    return cases?.[number] ?? { seed: firstSeed + number };
  }

  #over(): boolean {
    const { cases, firstSeed, runs = Infinity, forMs = Infinity, signal } = this.#options;
    return (
      this.#next >= Math.min(runs, cases?.length ?? Infinity) ||
      firstSeed + this.#next > Number.MAX_SAFE_INTEGER ||
      this.#next > this.#violatedAt ||
      this.#mismatch !== undefined ||
      this.#failure !== undefined ||
      (this.#next > 0 && performance.now() - this.#startMs >= forMs) ||
      signal?.aborted === true
    );
  }

  async #recheck(request: RunRequest, fingerprint: string, fresh: boolean): Promise<void> {
    const asked = this.#options.pool.run({ ...request, fresh });
    const again = await asked.catch((error: unknown) => this.#fail(error, request.seed));
    if (!again || this.#closed) return;
    this.#rechecked++;
    if (again.fingerprint === fingerprint || this.#mismatch) return;
    this.#mismatch = { request, first: fingerprint, second: again.fingerprint };
  }

  /** Called when a run cannot be made: ends the campaign, unless it has already ended. */
  #fail(error: unknown, seed: number): undefined {
    if (this.#closed) return;
    this.#failure ??=
      error instanceof LightconeError
        ? new LightconeError(error.code, `seed ${formatSeed(seed)}: ${error.message}`, error.hint)
        : error;
  }

  /** Reports outcomes in order of seeds, up to the first violated one. */
  #tell(): void {
    for (;;) {
      const outcome = this.#early.get(this.#told);
      if (!outcome || this.#told > this.#violatedAt) return;
      this.#early.delete(this.#told);
      this.#tellOne(outcome);
    }
  }

  /** A campaign that was interrupted has gaps. Reports the outcomes behind them as well. */
  #tellRest(): void {
    if (this.#failure === undefined && this.#options.signal?.aborted !== true) return;
    for (const number of [...this.#early.keys()].sort((a, b) => a - b)) {
      if (number <= this.#violatedAt) this.#tellOne(this.#early.get(number) as RunOutcome);
    }
    this.#early.clear();
  }

  #tellOne(outcome: RunOutcome): void {
    this.#told++;
    this.#simulatedNs += outcome.simulatedNs;
    this.#events += outcome.events;
    this.#faults += outcome.faultsBegun;
    this.#operations += outcome.operations;
    // A check that had nothing to judge because of faults does not count as undecided: other runs may have
    // judged it.
    if (outcome.undecided.length > 0 && outcome.verdict !== "violated") this.#undecided++;
    this.#coverage.add(outcome.coverage);
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

/** Settles when the signal aborts; never without a signal. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}
