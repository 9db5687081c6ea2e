/**
 * How long disk operations take. The defaults are those of a good SSD behind Linux's page cache:
 * microseconds for calls served from memory, tens of microseconds for the round trip to a thread, the
 * device's own latency for a cold read, and most of a millisecond for a flush.
 */
import type { Prng } from "../../base/prng.ts";

/** A range of nanoseconds, both ends included. */
export interface RangeNs {
  readonly minNs: number;
  readonly maxNs: number;
}

/** The latencies and bandwidths of a disk. */
export interface DiskTiming {
  /** A system call served from memory. */
  readonly call: RangeNs;
  /** The round trip to another thread, for an asynchronous call. */
  readonly hop: RangeNs;
  /** A read that has to go to the device. */
  readonly deviceRead: RangeNs;
  /** The fixed cost of a flush, without its bytes. Flushes of one disk queue behind each other. */
  readonly flush: RangeNs;
  /** Bandwidth between the page cache and a program. */
  readonly memoryBytesPerSecond: number;
  /** Bandwidth between the page cache and the device. */
  readonly deviceBytesPerSecond: number;
}

/** A good SSD. */
export const ssd: DiskTiming = {
  call: { minNs: 1_000, maxNs: 4_000 },
  hop: { minNs: 20_000, maxNs: 30_000 },
  deviceRead: { minNs: 60_000, maxNs: 120_000 },
  flush: { minNs: 200_000, maxNs: 800_000 },
  memoryBytesPerSecond: 5e9,
  deviceBytesPerSecond: 5e8,
};

/** The parts of a system call that determine its duration. */
export interface Work {
  /** Bytes copied to or from the page cache. */
  readonly bytes?: number;
  /** Whether it has to read from the device. */
  readonly cold?: boolean;
  /** Flushes this many dirty bytes. */
  readonly flushBytes?: number;
}

/** The probability that a thread of the pool is delayed. */
const HELD_UP = 0.03;
/** The minimum time between two answers that stay in order. */
const ANSWER_GAP_NS = 1_000;

/** Draws durations from a stream of the host's randomness. */
export class DiskClock {
  timing: DiskTiming;
  /** The factor by which a fault makes every call longer. */
  slow = 1;
  /** The number of calls so far. */
  calls = 0;
  /** Until then the device answers nothing, and calls wait that need it. */
  stalledUntilNs = 0;
  /** How many calls have waited for that. */
  stalls = 0;
  readonly #prng: Prng;
  readonly #nowNs: () => number;
  #flushedAtNs = 0;
  #answeredAtNs = 0;

  constructor(timing: DiskTiming, prng: Prng, nowNs: () => number) {
    this.timing = timing;
    this.#prng = prng;
    this.#nowNs = nowNs;
  }

  /**
   * How long a call takes, in integer nanoseconds; an asynchronous call also includes the thread round
   * trip. `spentNs` is how much time the caller has already spent in its turn.
   */
  delayNs(work: Work, asynchronous: boolean, spentNs = 0): number {
    const { timing } = this;
    this.calls++;
    let ns = this.#draw(timing.call);
    if (asynchronous) ns = this.#answerNs(ns + this.#draw(timing.hop));
    const { bytes = 0, cold = false, flushBytes } = work;
    if (cold) ns += this.#draw(timing.deviceRead) + transferNs(bytes, timing.deviceBytesPerSecond);
    else if (bytes > 0) ns += transferNs(bytes, timing.memoryBytesPerSecond);
    if (flushBytes !== undefined) ns = this.#flushNs(ns, spentNs, flushBytes);
    const waitsNs = this.stalledUntilNs - this.#nowNs() - spentNs;
    if (ns >= waitsNs || !(cold || flushBytes !== undefined)) return ns;
    this.stalls++;
    return waitsNs;
  }

  /**
   * Threads take calls in order, and answers from memory mostly arrive in order as well. Occasionally a
   * thread is delayed, and a later call overtakes it.
   */
  #answerNs(delayNs: number): number {
    const nowNs = this.#nowNs();
    if (this.#prng.chance(HELD_UP)) return delayNs + this.#draw(this.timing.hop);
    this.#answeredAtNs = Math.max(nowNs + delayNs, this.#answeredAtNs + ANSWER_GAP_NS);
    return this.#answeredAtNs - nowNs;
  }

  #flushNs(beforeNs: number, spentNs: number, bytes: number): number {
    const { timing } = this;
    const nowNs = this.#nowNs() + spentNs;
    const startNs = Math.max(nowNs + beforeNs, this.#flushedAtNs);
    const tookNs = this.#draw(timing.flush) + transferNs(bytes, timing.deviceBytesPerSecond);
    this.#flushedAtNs = startNs + tookNs;
    return this.#flushedAtNs - nowNs;
  }

  #draw({ minNs, maxNs }: RangeNs): number {
    const ns = this.#prng.between(minNs, maxNs);
    return this.slow === 1 ? ns : Math.round(ns * this.slow);
  }
}

function transferNs(bytes: number, bytesPerSecond: number): number {
  return Math.round((bytes * 1e9) / bytesPerSecond);
}
