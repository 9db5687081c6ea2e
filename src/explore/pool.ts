/** A pool of runners for one world. An idle runner takes the next run. */
import { availableParallelism } from "node:os";
import { LightconeError, messageOf } from "../base/errors.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import type { WorldInfo } from "./protocol.ts";
import { Runner, RunnerDied, type RunnerOptions } from "./runner.ts";

/** A requested run. */
export interface PoolRequest extends RunRequest {
  /** Run in a new process, started for this run only. */
  readonly fresh?: boolean;
}

/** A pool of runner processes. */
export class RunnerPool {
  readonly info: WorldInfo;
  readonly size: number;
  /** The totals of all its runners so far. */
  readonly totals: { runs: number; simulatedNs: number; faults: number } = {
    runs: 0,
    simulatedNs: 0,
    faults: 0,
  };
  /** How long the longest run took so far, in milliseconds of real time. */
  longestRunMs = 0;
  readonly #options: RunnerOptions;
  readonly #idle: Runner[] = [];
  readonly #all = new Set<Runner>();
  readonly #queue: { resolve(runner: Runner): void; reject(error: unknown): void }[] = [];
  /** The number of runners being started. */
  #starting = 0;
  #closed = false;

  private constructor(options: RunnerOptions, size: number, info: WorldInfo) {
    this.#options = options;
    this.size = size;
    this.info = info;
  }

  /** Starts runners, by default one per core. Rejects with the error of the world file. */
  static async start(options: RunnerOptions & { readonly jobs?: number }): Promise<RunnerPool> {
    const jobs = options.jobs ?? availableParallelism();
    // The first runner is started alone, so that an invalid world file is reported only once.
    const { runner, info } = await Runner.start(options);
    const pool = new RunnerPool(options, jobs, info);
    pool.#add(runner);
    for (let n = 1; n < jobs; n++) void pool.#startOne();
    return pool;
  }

  /** Makes a run as soon as a runner is free. If its process dies, the run is retried once. */
  async run(request: PoolRequest): Promise<RunOutcome> {
    const { fresh = false, ...plain } = request;
    for (let attempt = 1; ; attempt++) {
      let runner: Runner | undefined;
      try {
        runner = fresh ? await this.#startApart() : await this.#take();
        const beganMs = performance.now();
        const outcome = await runner.run(plain);
        this.longestRunMs = Math.max(this.longestRunMs, performance.now() - beganMs);
        this.totals.runs++;
        this.totals.simulatedNs += outcome.simulatedNs;
        this.totals.faults += outcome.faultsBegun;
        return outcome;
      } catch (error) {
        if (!(error instanceof RunnerDied) || this.#closed) throw error;
        if (attempt === 2) {
          throw new LightconeError("LC_RUNNER_DIED", `${messageOf(error)}, twice`);
        }
      } finally {
        if (runner && fresh) this.#retire(runner);
        else if (runner) this.#release(runner);
      }
    }
  }

  /** Ends all runner processes immediately. */
  stop(): void {
    this.#closed = true;
    for (const runner of this.#all) runner.stop();
    this.#all.clear();
  }

  #add(runner: Runner): void {
    this.#all.add(runner);
    this.#release(runner);
  }

  async #startOne(): Promise<void> {
    this.#starting++;
    try {
      const { runner } = await Runner.start(this.#options);
      if (this.#closed) runner.stop();
      else this.#add(runner);
    } catch (error) {
      // The pool continues with fewer runners, down to one. Without any, the waiting requests must be
      // rejected.
      if (this.#all.size > 0 || this.#starting > 1) return;
      for (const { reject } of this.#queue.splice(0)) reject(error);
    } finally {
      this.#starting--;
    }
  }

  async #startApart(): Promise<Runner> {
    const { runner } = await Runner.start(this.#options);
    if (this.#closed) runner.stop();
    else this.#all.add(runner);
    return runner;
  }

  #take(): Promise<Runner> {
    for (let runner = this.#idle.pop(); runner; runner = this.#idle.pop()) {
      if (runner.alive) return Promise.resolve(runner);
      this.#release(runner);
    }
    return new Promise((resolve, reject) => this.#queue.push({ resolve, reject }));
  }

  #release(runner: Runner): void {
    if (!runner.alive) {
      this.#all.delete(runner);
      if (!this.#closed) void this.#startOne();
      return;
    }
    const next = this.#queue.shift();
    if (next) next.resolve(runner);
    else this.#idle.push(runner);
  }

  #retire(runner: Runner): void {
    this.#all.delete(runner);
    runner.stop();
  }
}
