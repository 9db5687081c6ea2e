/** The supervisor's side of a runner: one child process that runs one world, request by request. */
import { type ChildProcess, fork } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { relative } from "node:path";
import { LightconeError } from "../base/errors.ts";
import { formatNs } from "../base/units.ts";
import type { RunOutcome, RunRequest } from "../world/outcome.ts";
import { engineFlags } from "./engine-flags.ts";
import type { Answer, CarriedError, Question, Reached, Stall, WorldInfo } from "./protocol.ts";

/** The world to run, and further options. */
export interface RunnerOptions {
  /** The world file. */
  readonly world: string;
  /** The entry module of a runner process; it calls `serveRuns`. */
  readonly entry: URL;
  /** Disable the world's faults. */
  readonly calm?: boolean;
  /** Cancels loading the world. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a runner process dies unexpectedly, whatever it was doing. */
  readonly onDied?: (error: RunnerDied) => void;
  /** Called about every second during a long run, with the simulated time reached. */
  readonly onReached?: (nowNs: number) => void;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** A runner process died unexpectedly: it was killed, or ran out of memory. */
export class RunnerDied extends LightconeError {
  constructor(message: string) {
    super("LC_RUNNER_DIED", message);
  }
}

/** One runner process. */
export class Runner {
  readonly #child: ChildProcess;
  readonly #options: RunnerOptions;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended = false;
  #stderr = "";
  /** The number of runs it has made. */
  runs = 0;

  private constructor(options: RunnerOptions) {
    this.#options = options;
    this.#child = fork(fileURLToPath(options.entry), [], {
      stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
      serialization: "advanced",
      execArgv: [...engineFlags],
      // The format of dates and numbers must not depend on the user's environment, which V8 reads: not in programs,
      // and not in what a check prints. A run begins in this zone, so it need not be set for each.
      env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
    });
    this.#child.on("message", (answer: Answer) => this.#onAnswer(answer));
    this.#child.on("error", ({ message }) => {
      this.#fail(new RunnerDied(`a runner process could not be started: ${message}`));
    });
    this.#child.on("exit", (code, signal) => this.#onExit(code, signal));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4_000);
    });
    let line = "";
    (this.#child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const lines = (line + text).split("\n");
      line = lines.pop() as string;
      for (const whole of lines) this.#onNews(JSON.parse(whole) as Stall | Reached);
    });
  }

  /** Starts a runner and loads the world. Rejects with the error of the world file. */
  static async start(options: RunnerOptions): Promise<{ runner: Runner; info: WorldInfo }> {
    const runner = new Runner(options);
    const { signal } = options;
    const giveUp = (): void => runner.stop();
    signal?.addEventListener("abort", giveUp);
    if (signal?.aborted) giveUp();
    try {
      const answer = await runner.#ask((id) => ({
        id,
        kind: "load",
        path: options.world,
        calm: options.calm ?? false,
      }));
      if (answer.kind !== "loaded") throw new TypeError("a runner answered out of turn");
      return { runner, info: answer.info };
    } catch (error) {
      runner.stop();
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Makes a run. Several may be requested at once; they are made in order. */
  async run(request: RunRequest): Promise<RunOutcome> {
    const answer = await this.#ask((id) => ({ id, kind: "run", request }));
    if (answer.kind !== "outcome") throw new TypeError("a runner answered out of turn");
    this.runs++;
    return answer.outcome;
  }

  /** Ends the process immediately. */
  stop(): void {
    this.#ended = true;
    this.#child.kill("SIGKILL");
  }

  /** Whether it can accept requests. */
  get alive(): boolean {
    return !this.#ended;
  }

  #ask(question: (id: number) => Question): Promise<Answer> {
    if (this.#ended) return Promise.reject(new RunnerDied("the runner process has ended"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send(question(id), (error) => {
        if (error) this.#fail(new RunnerDied(error.message));
      });
    });
  }

  #onAnswer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === "error") waiting?.reject(received(answer.error));
    else waiting?.resolve(answer);
  }

  #onExit(code: number | null, signal: string | null): void {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const heap = /heap out of memory/.test(this.#stderr) ? ": it ran out of memory" : "";
    const [first] = this.#stderr.trim().split("\n");
    const told = heap || (first ? `: ${first}` : "");
    const error = new RunnerDied(`a runner process was ended ${how}${told}`);
    if (!this.#ended) this.#options.onDied?.(error);
    this.#fail(error);
  }

  #onNews(news: Stall | Reached): void {
    if ("reachedNs" in news) this.#options.onReached?.(news.reachedNs);
    else this.#onStall(news);
  }

  #onStall({ host, nowNs, place, why }: Stall): void {
    const who = host ?? "a program";
    const at = nowNs === undefined ? "" : ` at ${formatNs(nowNs)}`;
    const where = place === undefined ? undefined : `It is at ${relativePlace(place)}.`;
    this.#fail(
      "seconds" in why
        ? new LightconeError(
            "LC_STALLED",
            `${who} has been computing for ${Math.round(why.seconds)}s${at} and never yields: nothing else in the world can go on`,
            where,
          )
        : new LightconeError(
            "LC_OUT_OF_MEMORY",
            `the world has taken ${(why.bytes / 2 ** 30).toFixed(1)} GB of memory, more than it may; ${host === undefined ? "it was being run" : `${host} was running`}${at}`,
            where ?? "NODE_OPTIONS=--max-old-space-size=MEGABYTES allows for more.",
          ),
    );
    this.stop();
  }

  #fail(error: Error): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function received({ code, message, hint, stack }: CarriedError): Error {
  if (code !== "LC_BUG") return new LightconeError(code, message, hint);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function relativePlace(place: string): string {
  const shown = relative(process.cwd(), place);
  return shown.startsWith("..") ? place : shown;
}
