/** A world that is loaded: its processes, behind a handle that is closed. */
import { existsSync } from "node:fs";
import { LightconeError } from "../base/errors.ts";
import { RunnerPool } from "../explore/index.ts";

/** How a world is loaded. */
export interface LoadOptions {
  /** The number of processes. Default: one per core. */
  readonly jobs?: number | undefined;
  /** Whether the world's faults are enabled. Default: true. */
  readonly faults?: boolean;
  /** Cancels loading. */
  readonly signal?: AbortSignal | undefined;
  /** Called with a sentence when a process ended unexpectedly and another one takes its place. */
  readonly onWarning?: (sentence: string) => void;
}

/** A loaded world. Its processes stay until `close` is called, and keep this process alive. */
export class World implements Disposable {
  /** What the world file calls it. */
  readonly name: string;
  /** The world file's absolute path. */
  readonly path: string;
  /** The number of hosts. */
  readonly hosts: number;
  /** How long a run takes in simulated time, in milliseconds. */
  readonly durationMs: number;
  readonly #pool: RunnerPool;

  private constructor(pool: RunnerPool) {
    this.#pool = pool;
    const { name, path, hosts, durationNs } = pool.info;
    this.name = name;
    this.path = path;
    this.hosts = hosts;
    this.durationMs = durationNs / 1e6;
  }

  /** Loads a world file. Rejects with the error that it has. */
  static async load(path: string, options: LoadOptions): Promise<World> {
    const { jobs, faults = true, signal, onWarning } = options;
    const pool = await RunnerPool.start({
      world: path,
      entry: runnerEntry(),
      calm: !faults,
      signal,
      ...(jobs !== undefined && { jobs }),
      ...(onWarning && {
        onDied: ({ message }) => onWarning(`${message}; another one takes its place`),
      }),
    });
    return new World(pool);
  }

  /** The processes of a world, for this library's own functions. */
  static poolOf(world: World): RunnerPool {
    return world.#pool;
  }

  /** Ends its processes immediately. Runs that are under way reject. */
  close(): void {
    this.#pool.stop();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function runnerEntry(): URL {
  const compiled = new URL("../cli/runner-process.js", import.meta.url);
  if (existsSync(compiled)) return compiled;
  throw new LightconeError("LC_NOT_BUILT", "lightcone is not built: run `npm run build` first");
}
