/** Distributions of the time that packets take, beside the uniform one that every link has. */
import type { Prng } from "../../base/prng.ts";

/** A distribution of delays in nanoseconds. Plain data. */
export type Delays = Distribution & {
  /**
   * When the link is as fast as before. A packet arrives the typical delay after that at the latest: in a real network
   * what stays away is sent again, and the copy passes. Default: never.
   */
  readonly endsNs?: number;
};

type Distribution =
  | { readonly kind: "constant"; readonly ns: number }
  | { readonly kind: "uniform"; readonly minNs: number; readonly maxNs: number }
  /** `sigma`: of the logarithm. With 0.5, one packet in forty takes 2.7 times the median. */
  | { readonly kind: "log-normal"; readonly medianNs: number; readonly sigma: number }
  /** A heavy tail: of `minNs` and more, with the chance (min / x) ** alpha of more than x. */
  | { readonly kind: "pareto"; readonly minNs: number; readonly alpha: number }
  /** Delays as they were recorded, one after another, and again from the beginning. */
  | { readonly kind: "trace"; readonly delaysNs: readonly number[] };

/** No delay is longer than this many times the typical one, since a heavy tail has no end. */
const TAIL_MAX = 1_000;

/** Draws delays from a distribution. Each link has its own, so that recorded delays are counted for each. */
export class DelaySource {
  readonly #delays: Delays;
  readonly #prng: Prng;
  #at = 0;

  constructor(delays: Delays, prng: Prng) {
    this.#delays = delays;
    this.#prng = prng;
  }

  nextNs(): number {
    const delays = this.#delays;
    switch (delays.kind) {
      case "constant":
        return delays.ns;
      case "uniform":
        return this.#prng.between(delays.minNs, delays.maxNs);
      case "log-normal": {
        const factor = Math.exp(delays.sigma * normal(this.#prng));
        return Math.round(delays.medianNs * Math.min(factor, TAIL_MAX));
      }
      case "pareto": {
        const factor = (1 - this.#prng.float()) ** (-1 / delays.alpha);
        return Math.round(delays.minNs * Math.min(factor, TAIL_MAX));
      }
      case "trace":
        return delays.delaysNs[this.#at++ % delays.delaysNs.length] as number;
    }
  }
}

/** A delay that packets typically take: the median, or the mean of what was recorded. */
export function typicalNs(delays: Delays): number {
  switch (delays.kind) {
    case "constant":
      return delays.ns;
    case "uniform":
      return (delays.minNs + delays.maxNs) / 2;
    case "log-normal":
      return delays.medianNs;
    case "pareto":
      return delays.minNs * 2 ** (1 / delays.alpha);
    case "trace":
      return delays.delaysNs.reduce((sum, ns) => sum + ns, 0) / delays.delaysNs.length;
  }
}

/** A number of the standard normal distribution (Box and Muller). */
function normal(prng: Prng): number {
  const radius = Math.sqrt(-2 * Math.log(1 - prng.float()));
  return radius * Math.cos(2 * Math.PI * prng.float());
}
