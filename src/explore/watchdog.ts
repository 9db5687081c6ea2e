/**
 * Watches the progress of runs from a separate thread. A program that never yields blocks the whole
 * simulated world and the thread that runs it. The watchdog then stops that thread with the debugger, reads
 * its position, and informs the supervisor, which ends the process.
 */
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { mapStack } from "../node/index.ts";
import { whereRunIs } from "../world/run.ts";
import { PROBE, type WatchdogData } from "./protocol.ts";

/** How long a run may compute without progress in simulated time before it counts as stuck, in milliseconds. */
const STALL_MS = 10_000;
/** The share of the machine's memory that one runner may use. Beyond it the kernel might kill some process. */
const MEMORY_SHARE = 0.5;
/** Close to V8's own limit a process does little but collect garbage and cannot report its position. */
const HEAP_SHARE = 0.9;

/** The main thread's interface to the watchdog. */
export interface Watchdog {
  /** Called when a run begins. */
  begin(): void;
  /** Called as the run progresses. The progress is reported to the supervisor from time to time. */
  readonly beat: (nowNs?: number) => void;
  /** Called when the run is over. */
  end(): void;
}

/** Starts the watchdog of this process. */
export async function startWatchdog(): Promise<Watchdog> {
  const shared = new SharedArrayBuffer(16);
  const cells = new Int32Array(shared, 0, 2);
  const times = new Float64Array(shared, 8, 1);
  Object.defineProperty(globalThis, PROBE, {
    value: (stack: string) => JSON.stringify({ ...whereRunIs(), stack: mapStack(stack) }),
    enumerable: false,
  });
  const { env } = process;
  const stallMs = Number(env["LIGHTCONE_STALL_MS"] ?? STALL_MS);
  const memoryMb = env["LIGHTCONE_MEMORY_MB"];
  const data: WatchdogData = {
    shared,
    stallMs,
    bytesMax: memoryMb === undefined ? mayTake() : Number(memoryMb) * 2 ** 20,
    parent: process.ppid,
  };
  const file = new URL(`./watchdog-thread${import.meta.url.slice(-3)}`, import.meta.url);
  const worker = new Worker(file, { workerData: data, execArgv: [] });
  await new Promise<void>((ready, fail) => {
    worker.once("message", () => ready());
    worker.once("error", fail);
  });
  worker.unref();
  return {
    begin: () => void Atomics.store(cells, 1, 1),
    beat: (nowNs) => {
      Atomics.add(cells, 0, 1);
      if (nowNs !== undefined) times[0] = nowNs;
    },
    end: () => void Atomics.store(cells, 1, 0),
  };
}

/** The maximum memory of this process in bytes. */
function mayTake(): number {
  return Math.min(MEMORY_SHARE * totalmem(), HEAP_SHARE * getHeapStatistics().heap_size_limit);
}
