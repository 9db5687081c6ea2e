/** The links that a fault concerns: those from one set of hosts to another, in one or both directions. */
import { isNames } from "./valid.ts";
import type { Fault, FaultParams } from "./fault.ts";
import type { Draw } from "./kind.ts";
import { list } from "./words.ts";

/** The parameters that all faults on links have. */
export type LinkParams = {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Whether the opposite direction is concerned as well. */
  readonly both: boolean;
  /** The concerned pairs, if they are not all of those between the two sets. */
  readonly pairs?: readonly (readonly [from: string, to: string])[];
};

/** The directed links that a fault concerns, as pairs of host names, in a stable order. */
export function linksOf({ params }: Fault<LinkParams>): [string, string][] {
  const { from, to, both } = params;
  const pairs = params.pairs ?? from.flatMap((a) => to.map((b) => [a, b] as const));
  const links: [string, string][] = [];
  for (const [a, b] of pairs) {
    if (a === b) continue;
    links.push([a, b]);
    if (both) links.push([b, a]);
  }
  return links;
}

/**
 * The two sides of a fault, cached as sets: a partition of a thousand hosts is queried for about half a
 * million links.
 */
const sides = new WeakMap<LinkParams, { readonly from: Set<string>; readonly to: Set<string> }>();

/** Whether a fault concerns the link from `from` to `to`, that is, whether {@link linksOf} includes it. */
export function concernsLink({ params }: Fault<LinkParams>, from: string, to: string): boolean {
  let known = sides.get(params);
  if (!known) {
    known = { from: new Set(params.from), to: new Set(params.to) };
    sides.set(params, known);
  }
  if (from === to) return false;
  if (params.pairs) {
    return params.pairs.some(([a, b]) => {
      return (a === from && b === to) || (params.both && a === to && b === from);
    });
  }
  return (
    (known.from.has(from) && known.to.has(to)) ||
    (params.both && known.from.has(to) && known.to.has(from))
  );
}

/** Draws links for slow or lossy traffic: from one host to another one, or to all others. */
export function drawLinks({ targets, hosts, prng }: Draw<unknown>): LinkParams {
  const from = [prng.pick(targets)];
  const others = hosts.filter((name) => name !== from[0]);
  const to = prng.chance(0.5) ? others : [prng.pick(others)];
  const both = prng.chance(0.6);
  return { from, to, both };
}

/** The same fault on fewer links: one direction, one pair of hosts, or all hosts but one. */
export function fewerLinks<Params extends LinkParams>(fault: Fault<Params>): Fault<Params>[] {
  const { from, to, both, pairs } = fault.params;
  if (pairs) return fewerPairs(fault, pairs);
  const changes: Partial<LinkParams>[] = [];
  if (both) changes.push({ both: false }, { both: false, from: to, to: from });
  if (to.length > 1) changes.push(...to.map((name) => ({ to: [name] })), ...dropOne(to, "to"));
  if (from.length > 1) {
    changes.push(...from.map((name) => ({ from: [name] })), ...dropOne(from, "from"));
  }
  return changes.map((change) => {
    const params = { ...fault.params, ...change };
    return { ...fault, targets: [...params.from], params };
  });
}

/** One of the pairs alone, as an ordinary link, or all but one. */
function fewerPairs<Params extends LinkParams>(
  fault: Fault<Params>,
  pairs: NonNullable<LinkParams["pairs"]>,
): Fault<Params>[] {
  const alone = pairs.map(([a, b]) => {
    const { pairs: _, ...rest } = fault.params;
    return { ...fault, targets: [a], params: { ...rest, from: [a], to: [b] } as unknown as Params };
  });
  const without = pairs.map((pair) => {
    const params = { ...fault.params, pairs: pairs.filter((other) => other !== pair) };
    return { ...fault, params };
  });
  return [...alone, ...(pairs.length > 2 ? without : [])];
}

function dropOne(names: readonly string[], side: "from" | "to"): Record<string, string[]>[] {
  return names.map((name) => ({ [side]: names.filter((other) => other !== name) }));
}

/** The links in words: "what goes from worker-1 to redis-1". */
export function traffic({ params: { from, to, both } }: Fault<LinkParams>): string {
  return `what goes ${both ? "between" : "from"} ${list(from)} ${both ? "and" : "to"} ${list(to)}`;
}

/** Whether parameters from a file name links. */
export function areLinks({ from, to, both, pairs }: FaultParams): boolean {
  const arePairs =
    pairs === undefined ||
    (Array.isArray(pairs) && pairs.every((pair) => isNames(pair) && pair.length === 2));
  return isNames(from) && isNames(to) && typeof both === "boolean" && arePairs;
}
