/** Draws that several kinds of faults share. */
import type { Prng } from "../../base/prng.ts";
import { MS } from "../../base/units.ts";
import type { RangeNs } from "./fault.ts";

/** The share of crashes and pauses that affect several hosts at once. */
const SEVERAL_PROBABILITY = 0.2;
/** Times are rounded to whole milliseconds, to keep schedules readable. */
const GRAIN_NS = MS;

/** Picks one host, or occasionally several at once, as when a rack loses power. */
export function victims(targets: readonly string[], prng: Prng): string[] {
  const several = prng.chance(SEVERAL_PROBABILITY);
  const count = several && targets.length > 1 ? prng.between(2, targets.length) : 1;
  const chosen = new Set(prng.shuffle(targets).slice(0, count));
  return targets.filter((name) => chosen.has(name));
}

/** Draws uniformly on a logarithmic scale, so that each order of magnitude is equally likely. */
export function logUniform(prng: Prng, { minNs, maxNs }: RangeNs): number {
  return logBetween(prng, [minNs, maxNs]);
}

/** As {@link logUniform}, for numbers without a unit of time. */
export function logBetween(prng: Prng, [min, max]: readonly [number, number]): number {
  const low = Math.log(Math.max(1, min));
  const high = Math.log(Math.max(1, max));
  return Math.exp(low + prng.float() * (high - low));
}

/** Draws a share uniformly, rounded to `digits`, to keep schedules readable. */
export function drawShare(
  prng: Prng,
  [min, max]: readonly [number, number],
  digits: number,
): number {
  return Number((min + prng.float() * (max - min)).toFixed(digits));
}

/** Rounds a duration to whole milliseconds, at least one. */
export function grain(ns: number): number {
  return Math.max(GRAIN_NS, Math.round(ns / GRAIN_NS) * GRAIN_NS);
}
