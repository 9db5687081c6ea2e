/** Draws that several kinds of faults share. */
import type { Prng } from "../../base/prng.ts";
import { MS } from "../../base/units.ts";
import type { RangeNs } from "./fault.ts";
import type { Draw } from "./kind.ts";

/** The share of crashes and pauses that affect several hosts at once. */
const SEVERAL_PROBABILITY = 0.2;
/** Times are rounded to whole milliseconds, to keep schedules readable. */
const GRAIN_NS = MS;

/** What hosts can have in common, so that they fail together. */
export const domainLevels = ["rack", "zone"] as const;

/** A rack or a zone. */
export type DomainLevel = (typeof domainLevels)[number];

/**
 * Picks one host, or occasionally several at once: those of a rack or a zone where the world has some, else any. With a
 * `level`, always those of one such domain.
 */
export function victims(
  { targets, domains, prng }: Pick<Draw<unknown>, "targets" | "domains" | "prng">,
  level?: DomainLevel,
): string[] {
  const several = prng.chance(SEVERAL_PROBABILITY);
  const groups = domains
    .filter((domain) => level === undefined || domain.level === level)
    .map(({ hosts }) => targets.filter((name) => hosts.includes(name)))
    .filter(({ length }) => length > (level === undefined ? 1 : 0));
  if (groups.length > 0 && (several || level !== undefined)) return prng.pick(groups);
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

/** The probability that at least one of two independent things happens: several faults concern the same calls. */
export function eitherOf(one: number, other: number): number {
  return 1 - (1 - one) * (1 - other);
}

/** Rounds a duration to whole milliseconds, at least one. */
export function grain(ns: number): number {
  return Math.max(GRAIN_NS, Math.round(ns / GRAIN_NS) * GRAIN_NS);
}
