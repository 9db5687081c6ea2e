/**
 * Histograms of a simulated process. They are Node's own native ones, which use no clock, reached
 * through the public objects that hold them. Methods that would read the real clock read the host's
 * instead.
 */
import { createHistogram } from "node:perf_hooks";
import * as perfHooks from "node:perf_hooks";
import { MS } from "../../base/units.ts";
import type { EventHandle } from "../../sim/kernel.ts";
import type { Process } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import { highResolutionNs } from "../clock.ts";
import { notSimulated } from "../not-simulated.ts";

/** The methods of a native histogram that are used here. Node's library uses others as well. */
interface NativeHistogram {
  record(value: number | bigint): void;
  reset(): void;
}

interface HistogramClass {
  new (...args: unknown[]): NativeHistogram;
  /** Creates a histogram from bytes. Newer versions of Node have it. */
  import?(data: Uint8Array): NativeHistogram;
}

/** Returns the class of the native object in a public histogram, which keeps it under a symbol. */
function handleClass(histogram: object): HistogramClass {
  const key = Object.getOwnPropertySymbols(histogram).find(
    ({ description }) => description === "kHandle" || description === "kSlidingWindowHandle",
  );
  const handle = (histogram as Record<symbol, { constructor: unknown }>)[key as symbol];
  return handle?.constructor as HistogramClass;
}

const Native = handleClass(createHistogram());

/** Histograms over the last values or the last period. Newer versions of Node have them. */
const createSliding = (perfHooks as { createSlidingWindowHistogram?: (options: object) => object })
  .createSlidingWindowHistogram;

/** Adds a `recordDelta` that uses the process's clock: nanoseconds since the previous call. */
function keepDeltas(histogram: NativeHistogram, process: Process): () => void {
  let beforeNs = 0;
  const recordDelta = (): void => {
    const nowNs = highResolutionNs(process);
    if (beforeNs > 0 && nowNs > beforeNs) histogram.record(nowNs - beforeNs);
    beforeNs = nowNs;
  };
  Object.defineProperty(histogram, "recordDelta", { value: recordDelta });
  return () => {
    beforeNs = 0;
  };
}

/** The event loop's delay of timers, measured with a timer of its own. */
function createLoopDelay(process: Process, resolutionMs: number, options: unknown[]): object {
  const [lowest = 1_000, highest = Number.MAX_SAFE_INTEGER, figures = 3] = options;
  const histogram = new Native(lowest, highest, figures);
  const forget = keepDeltas(histogram, process);
  const record = (histogram as unknown as { recordDelta(): void }).recordDelta;
  let armed: EventHandle | undefined;
  // This timer does not keep the process alive.
  const tick = (): void => {
    record();
    armed = process.scheduleLocal(resolutionMs * MS, Kind.timer, tick, undefined);
  };
  const define = (name: string, value: (...args: never[]) => unknown): void => {
    Object.defineProperty(histogram, name, { value });
  };
  define("start", (reset: boolean) => {
    if (armed !== undefined) return;
    if (reset) histogram.reset();
    forget();
    armed = process.scheduleLocal(resolutionMs * MS, Kind.timer, tick, undefined);
  });
  define("stop", () => {
    if (armed !== undefined) process.cancel(armed);
    armed = undefined;
  });
  return histogram;
}

/** Returns the histograms of `internalBinding('performance')`. */
export function histogramsOf(process: Process): object {
  class Histogram extends Native {
    constructor(...args: unknown[]) {
      super(...args);
      keepDeltas(this, process);
    }

    static override import(data: Uint8Array): NativeHistogram {
      const histogram = (Native.import as (data: Uint8Array) => NativeHistogram)(data);
      keepDeltas(histogram, process);
      return histogram;
    }
  }
  return {
    Histogram,
    SlidingWindowHistogram: createSliding ? slidingClass(createSliding) : undefined,
    createELDHistogram(resolutionMs: number, perIteration: unknown, ...options: unknown[]) {
      if (perIteration === true) {
        (notSimulated("monitorEventLoopDelay({ samplePerIteration: true })") as () => never)();
      }
      return createLoopDelay(process, resolutionMs, options);
    },
  };
}

function slidingClass(create: (options: object) => object): object {
  const Sliding = handleClass(create({ chunks: 2, recordsPerChunk: 2 }));
  return class SlidingWindowHistogram extends Sliding {
    constructor(...args: unknown[]) {
      // Its windows would advance with the real clock.
      if (args[4] === true) {
        (notSimulated("createSlidingWindowHistogram by time") as () => never)();
      }
      super(...args);
    }
  };
}
