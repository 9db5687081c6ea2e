/**
 * Decides how a clock is corrected, from what servers have answered. Pure. Of each server the sample with the least delay among those
 * of this time counts (RFC 5905, section 10), of all servers the median, which a minority of wrong ones cannot move. Small
 * offsets are slewed, and tell how wrong the frequency is; large ones are set at once (section 11.3).
 */
import type { Sample } from "./question.ts";

/** What is to be done with the clock. */
export interface Correction {
  /** Set it at once, by so much. */
  readonly stepMs: number | undefined;
  /** Slew it by so much. */
  readonly slewMs: number;
  /** How much faster it is to run. */
  readonly frequencyPpm: number;
}

/** As fast as Linux slews a clock. */
const SLEW_PPM = 500;
/** Linux corrects a frequency by at most so much. */
const PPM_MAX = 500;
/** How much of the frequency's error is corrected at a time. */
const GAIN = 0.5;

/** Keeps one clock right. */
export class Discipline {
  readonly #stepMs: number;
  readonly #samples: Map<string, Sample[]>;
  #fresh = 0;
  #frequencyPpm = 0;
  #slewMs = 0;
  /** When the clock was corrected last, by the monotonic clock. */
  #correctedMs: number | undefined;

  constructor(servers: readonly string[], stepMs: number) {
    this.#stepMs = stepMs;
    this.#samples = new Map(servers.map((name) => [name, []]));
  }

  /** Takes what a server has answered; `undefined` if it has not. */
  take(server: string, sample: Sample | undefined): void {
    const samples = this.#samples.get(server) ?? [];
    if (sample) {
      samples.push(sample);
      this.#fresh++;
    }
    this.#samples.set(server, samples);
  }

  /** What is to be done now; `undefined` if nobody has answered. `nowMs`: of the monotonic clock. */
  correct(nowMs: number): Correction | undefined {
    if (this.#fresh === 0) return undefined;
    const offsets = [...this.#samples.values()].flatMap((samples) => {
      const best = samples.toSorted((a, b) => a.delayMs - b.delayMs)[0];
      return best ? [best.offsetMs] : [];
    });
    const offsetMs = median(offsets);
    // All samples were taken with the clock as it was.
    for (const samples of this.#samples.values()) samples.length = 0;
    this.#fresh = 0;
    const sinceMs = this.#correctedMs === undefined ? undefined : nowMs - this.#correctedMs;
    this.#correctedMs = nowMs;
    if (Math.abs(offsetMs) > this.#stepMs) {
      this.#correctedMs = undefined;
      this.#slewMs = 0;
      return { stepMs: offsetMs, slewMs: 0, frequencyPpm: this.#frequencyPpm };
    }
    if (sinceMs !== undefined && sinceMs > 0) {
      // What the last slew has not yet done says nothing of the frequency.
      const slewedMs = (sinceMs * SLEW_PPM) / 1_000_000;
      const restMs = Math.sign(this.#slewMs) * Math.max(0, Math.abs(this.#slewMs) - slewedMs);
      const errorPpm = ((offsetMs - restMs) / sinceMs) * 1_000_000;
      const next = this.#frequencyPpm + GAIN * errorPpm;
      this.#frequencyPpm = Math.max(-PPM_MAX, Math.min(PPM_MAX, next));
    }
    this.#slewMs = offsetMs;
    return { stepMs: undefined, slewMs: offsetMs, frequencyPpm: this.#frequencyPpm };
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
