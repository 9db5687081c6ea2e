/** Ways of making faults weaker that several kinds share. */
import { MS, SECOND } from "../../base/units.ts";
import type { Fault } from "./fault.ts";

/** One host alone, or all but one. */
export function fewerTargets<Params extends object>(fault: Fault<Params>): Fault<Params>[] {
  const { targets } = fault;
  if (targets.length < 2) return [];
  const alone = targets.map((name) => [name]);
  const without = targets.map((name) => targets.filter((other) => other !== name));
  return [...alone, ...(targets.length > 2 ? without : [])].map((fewer) => {
    return { ...fault, targets: fewer };
  });
}

/** The same fault with each of some values of one parameter. */
export function withEach<Params extends object, Name extends keyof Params>(
  fault: Fault<Params>,
  name: Name,
  values: readonly Params[Name][],
): Fault<Params>[] {
  return values.map((value) => ({ ...fault, params: { ...fault.params, [name]: value } }));
}

/** The same fault with smaller probabilities, never less than `min`. */
export function rarer<Params extends { readonly probability: number }>(
  fault: Fault<Params>,
  min = 0.01,
): Fault<Params>[] {
  return withEach(fault, "probability", smallerNumbers(fault.params.probability, min));
}

/** Smaller and rounder sizes of a duration. */
export function smallerNs(ns: number): number[] {
  const sizes = [ns / 10, ns / 2, ...around(ns, SECOND), ...around(ns, SECOND / 10)];
  return sizes.map((size) => Math.round(size / MS) * MS).filter((size) => size >= MS && size < ns);
}

/** The multiples of `grainNs` below and above a time. */
export function around(ns: number, grainNs: number): number[] {
  const below = Math.floor(ns / grainNs) * grainNs;
  return [below, below + grainNs];
}

/** Smaller and rounder values of a number: with one significant digit, half, a tenth. Never less than `min`. */
export function smallerNumbers(value: number, min: number): number[] {
  const sizes = [value / 10, value / 2, (value * 3) / 4, value].map(roundDown);
  return [...new Set(sizes)].filter((size) => size >= min && size < value);
}

/** Cuts a positive number to one significant digit. */
function roundDown(value: number): number {
  const digit = Number(value.toPrecision(1));
  if (digit <= value) return digit;
  const step = 10 ** Math.floor(Math.log10(value));
  return Number((digit - step).toPrecision(1));
}
