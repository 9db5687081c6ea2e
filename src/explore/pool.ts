/** Several runners of one world, and whoever is free takes the next run. */
import { availableParallelism } from "node:os";
import { LightconeError, messageOf } from "../base/errors.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import type { WorldInfo } from "./protocol.ts";
import { Runner, RunnerDied, type RunnerOptions } from "./runner.ts";

/** How a run is asked for. */
export interface PoolRequest extends RunRequest {
  /** In a process that has run nothing yet, started for this run alone. */
  readonly fresh?: boolean;
}

/** A pool of runner processes. */
export class RunnerPool {
  readonly info: WorldInfo;
  readonly size: number;
  /** What all its runners have done so far. */
  readonly totals: { runs: number; simulatedNs: number; faults: number } = {
    runs: 0,
    simulatedNs: 0,
    faults: 0,
  };
  readonly #options: RunnerOptions;
  readonly #idle: Runner[] = [];
  readonly #all = new Set<Runner>();
  readonly #queue: { resolve(runner: Runner): void; reject(error: unknown): void }[] = [];
  /** How many runners are on their way. */
  #starting = 0;
  #closed = false;

  private constructor(options: RunnerOptions, size: number, info: WorldInfo) {
    this.#options = options;
    this.size = size;
    this.info = info;
  }

  /** Starts runners, one for each core unless told; rejects with what is wrong with the world file. */
  static async start(options: RunnerOptions & { readonly jobs?: number }): Promise<RunnerPool> {
    const jobs = options.jobs ?? availableParallelism();
    // The first alone, so that a world file that cannot be read complains once.
    const { runner, info } = await Runner.start(options);
    const pool = new RunnerPool(options, jobs, info);
    pool.#add(runner);
    for (let n = 1; n < jobs; n++) void pool.#startOne();
    return pool;
  }

  /** Runs once, as soon as a runner is free. A run whose process dies is tried once more. */
  async run(request: PoolRequest): Promise<RunOutcome> {
    const { fresh = false, ...plain } = request;
    for (let attempt = 1; ; attempt++) {
      let runner: Runner | undefined;
      try {
        runner = fresh ? await this.#startApart() : await this.#take();
        const outcome = await runner.run(plain);
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

  /** Ends all runner processes, whatever they do. */
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
      // The pool works with fewer, down to one; who waits for a runner must not wait for none.
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
