/**
 * Collections into which each value is put once: queues, bags and priority queues, in log-linear time.
 *
 * An element is certainly in the collection between the completion of its put and the invocation of its
 * take. Everything else follows from those spans (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented
 * linearizability proofs", 2013; Bouajjani, Emmi, Enea and Hamza, ICALP 2015; Lee and Mathur, arXiv
 * 2410.04581): at a moment that no span covers the collection can be empty, and at all such moments
 * together, because elements that may be present then can be placed before or after.
 */
import type { Operation } from "../../history/operation.ts";
import { show } from "./model.ts";
import { Cover, valueKey, type Specialist, type SpecialistResult } from "./specialist.ts";

const putNames = new Set(["enqueue", "push", "insert", "put", "offer", "send"]);
const takeNames = new Set([
  "dequeue",
  "pop",
  "extract",
  "extract-min",
  "delete-min",
  "take",
  "poll",
  "receive",
]);

/** Whether `f` puts an element in. */
export const isPut = (f: string): boolean => putNames.has(f);
/** Whether `f` takes an element out. */
export const isTake = (f: string): boolean => takeNames.has(f);

/**
 * A value's put and take, as positions in the order of events. The take of a value that was never taken is
 * at infinity.
 */
export interface Element {
  readonly value: unknown;
  readonly put: Operation;
  readonly putCall: number;
  readonly putReturn: number;
  take: Operation | undefined;
  takeCall: number;
  takeReturn: number;
}

/**
 * Removes irrelevant operations. First, a put that may not have happened and whose value no answer
 * returned, together with the lost take that may have taken it: the rest is as valid without them. Second,
 * lost takes in excess of the elements that no answer accounts for: of takes that never return, those that
 * began first can stand for the others.
 */
export function needed(operations: readonly Operation[]): readonly Operation[] {
  if (!operations.some(({ outcome }) => outcome === "info")) return operations;
  const given = new Map<unknown, number>();
  for (const { f, output, outcome } of operations) {
    if (!isTake(f) || outcome !== "ok") continue;
    const key = valueKey(output);
    if (key !== null) given.set(key, (given.get(key) ?? 0) + 1);
  }
  const kept = operations.filter(
    ({ f, input, outcome }) =>
      outcome === "ok" || (outcome === "info" && (!isPut(f) || given.has(valueKey(input)))),
  );
  let left = 0;
  for (const { f } of kept) if (isPut(f)) left++;
  for (const count of given.values()) left -= count;
  return kept.filter(({ f, outcome }) => !isTake(f) || outcome === "ok" || left-- > 0);
}

export interface Gathered {
  readonly elements: readonly Element[];
  /** Takes that found nothing. */
  readonly empties: readonly Operation[];
  /** Takes with an unknown answer. */
  readonly lost: readonly Operation[];
}

/**
 * Pairs puts with takes. Returns a violation if the pairing alone shows one, and `undefined` if the values
 * are not unique.
 */
export function gather(
  history: readonly Operation[],
  initial: unknown,
): Gathered | { readonly verdict: SpecialistResult } | undefined {
  if (Array.isArray(initial) && initial.length > 0) return undefined;
  const operations = needed(history);
  const byValue = new Map<unknown, Element>();
  for (const operation of operations) {
    if (operation.outcome === "fail" || isTake(operation.f)) continue;
    if (!isPut(operation.f)) return undefined;
    const key = valueKey(operation.input);
    if (key === null || byValue.has(key)) return undefined;
    byValue.set(key, {
      value: operation.input,
      put: operation,
      putCall: operation.invokeRank,
      putReturn: operation.completeRank,
      take: undefined,
      takeCall: Infinity,
      takeReturn: Infinity,
    });
  }
  const empties: Operation[] = [];
  const lost: Operation[] = [];
  for (const operation of operations) {
    if (!isTake(operation.f) || operation.outcome === "fail") continue;
    if (operation.outcome === "info") lost.push(operation);
    else if (valueKey(operation.output) === null) empties.push(operation);
    else {
      const verdict = takeOf(operation, byValue.get(valueKey(operation.output)));
      if (verdict) return { verdict };
    }
  }
  const elements = [...byValue.values()].filter(
    // A put that may not have happened and whose value was never taken is irrelevant.
    ({ put, take }) => take !== undefined || put.outcome === "ok",
  );
  return { elements, empties, lost };
}

function takeOf(operation: Operation, element: Element | undefined): SpecialistResult {
  const value = show(operation.output);
  if (!element) {
    return {
      result: "not",
      culprits: [operation],
      anomaly: "unexpected value",
      summary: `${value} was taken out, yet nobody ever put it in`,
    };
  }
  if (element.take) {
    return {
      result: "not",
      culprits: [element.put, element.take, operation],
      anomaly: "duplicate",
      summary: `${value} was put in once and taken out twice`,
    };
  }
  if (operation.completeRank < element.putCall) {
    return {
      result: "not",
      culprits: [operation, element.put],
      anomaly: "future value",
      summary: `${value} was taken out before its ${element.put.f} began`,
    };
  }
  element.take = operation;
  element.takeCall = operation.invokeRank;
  element.takeReturn = operation.completeRank;
  return undefined;
}

/** Finds a take that found nothing although the collection was certainly not empty throughout. */
export function wrongEmpty({ elements, empties }: Gathered): SpecialistResult {
  if (empties.length === 0) return undefined;
  const cover = new Cover(
    elements.map(({ putReturn, takeCall, put }) => ({
      start: putReturn,
      end: takeCall,
      owner: put,
    })),
  );
  for (const empty of empties) {
    const owners = cover.within(empty.invokeRank, empty.completeRank);
    if (owners) return emptyVerdict(empty, owners, elements);
  }
  return undefined;
}

function emptyVerdict(
  empty: Operation,
  owners: readonly Operation[],
  elements: readonly Element[],
): SpecialistResult {
  const there = new Set(owners);
  const culprits: Operation[] = [empty];
  for (const { put, take, putReturn, takeCall } of elements) {
    if (!there.has(put) || putReturn > empty.completeRank || takeCall < empty.invokeRank) continue;
    culprits.push(put);
    if (take) culprits.push(take);
  }
  return {
    result: "not",
    culprits,
    anomaly: "false empty",
    summary: `${empty.f} found nothing, though something was there all along`,
  };
}

/** Unordered queues (bags): any element may come out. */
export const uniqueBag: Specialist = {
  name: "unique-value bag",
  decide(operations, initial) {
    const gathered = gather(operations, initial);
    if (!gathered) return undefined;
    if ("verdict" in gathered) return gathered.verdict;
    if (gathered.lost.length > 0 && gathered.empties.length > 0) return undefined;
    return wrongEmpty(gathered) ?? { result: "linearizable" };
  },
};

/** FIFO queues: an element put in earlier must not come out after one put in later. */
export const uniqueQueue: Specialist = {
  name: "unique-value FIFO queue (log-linear)",
  decide(operations, initial) {
    const gathered = gather(operations, initial);
    if (!gathered) return undefined;
    if ("verdict" in gathered) return gathered.verdict;
    if (gathered.lost.length > 0 && gathered.empties.length > 0) return undefined;
    return (
      wrongEmpty(gathered) ??
      outOfOrder(gathered.elements, gathered.lost) ?? { result: "linearizable" }
    );
  },
};

/**
 * Finds `a` put before `b` (in real time) but taken after it, or never. Lost takes may have taken the
 * missing elements, each at most one.
 */
function outOfOrder(elements: readonly Element[], lost: readonly Operation[]): SpecialistResult {
  const byReturn = [...elements].sort((a, b) => a.putReturn - b.putReturn);
  const byCall = elements.filter(({ take }) => take).sort((a, b) => a.putCall - b.putCall);
  let next = 0;
  let latest: Element | undefined;
  for (const b of byCall) {
    while (next < byReturn.length && (byReturn[next] as Element).putReturn < b.putCall) {
      const a = byReturn[next++] as Element;
      if (!a.take && lost.length > 0) continue;
      if (!latest || a.takeCall > latest.takeCall) latest = a;
    }
    if (latest && latest.takeCall > b.takeReturn) return overtaken(latest, b);
  }
  return lost.length > 0 ? missing(elements, lost) : undefined;
}

/**
 * Assigns a lost take to each element that must have been taken: the earliest deadlines to the earliest
 * takes.
 */
function missing(elements: readonly Element[], lost: readonly Operation[]): SpecialistResult {
  const taken = elements.filter(({ take }) => take).sort((a, b) => b.putCall - a.putCall);
  const stuck = elements.filter(({ take }) => !take).sort((a, b) => b.putReturn - a.putReturn);
  let next = 0;
  let first: Element | undefined;
  const due: { a: Element; b: Element }[] = [];
  for (const a of stuck) {
    while (next < taken.length && (taken[next] as Element).putCall > a.putReturn) {
      const b = taken[next++] as Element;
      if (!first || b.takeReturn < first.takeReturn) first = b;
    }
    if (first) due.push({ a, b: first });
  }
  due.sort((x, y) => x.b.takeReturn - y.b.takeReturn);
  for (let i = 0; i < due.length; i++) {
    const { a, b } = due[i] as { a: Element; b: Element };
    const take = lost[i];
    if (!take || take.invokeRank > b.takeReturn) return overtaken(a, b);
  }
  return undefined;
}

function overtaken(a: Element, b: Element): SpecialistResult {
  const culprits = [a.put, b.put, b.take as Operation];
  if (a.take) culprits.push(a.take);
  const fate = a.take ? "came out after it" : "never came out";
  return {
    result: "not",
    culprits,
    anomaly: a.take ? "out of order" : "lost",
    summary: `${show(a.value)} was put in before ${show(b.value)}, and ${fate}`,
  };
}

/**
 * Priority queues: the smallest element comes out first. Starting from the smallest value, each must have a
 * moment, within its take, at which no smaller element was certainly present.
 */
export const uniquePriorityQueue: Specialist = {
  name: "unique-value priority queue (log-linear)",
  decide(operations, initial) {
    const gathered = gather(operations, initial);
    if (!gathered) return undefined;
    if ("verdict" in gathered) return gathered.verdict;
    const { elements, lost } = gathered;
    if (lost.length > 0 || elements.some(({ value }) => typeof value !== "number"))
      return undefined;
    return wrongEmpty(gathered) ?? notSmallest(elements) ?? { result: "linearizable" };
  },
};

function notSmallest(elements: readonly Element[]): SpecialistResult {
  const places = [
    ...new Set(
      elements.flatMap(({ putCall, putReturn, takeCall, takeReturn }) => [
        putCall,
        putReturn,
        takeCall,
        takeReturn,
      ]),
    ),
  ].sort((a, b) => a - b);
  const placeOf = new Map(places.map((rank, i) => [rank, i]));
  const at = (rank: number): number => placeOf.get(rank) as number;
  // Gap i lies between places i and i + 1; `free` finds the first uncovered gap from i on.
  const next = Int32Array.from({ length: places.length + 1 }, (_, i) => i);
  const free = (i: number): number => {
    let root = i;
    while (next[root] !== root) root = next[root] as number;
    for (let walk = i; walk !== root;) {
      const after = next[walk] as number;
      next[walk] = root;
      walk = after;
    }
    return root;
  };
  const sorted = [...elements].sort((a, b) => (a.value as number) - (b.value as number));
  for (const element of sorted) {
    const { take, putCall, putReturn, takeCall, takeReturn } = element;
    if (take) {
      const from = at(Math.max(putCall, takeCall));
      if (free(from) >= at(takeReturn)) return smallerWasThere(element, elements);
    }
    if (putReturn >= takeCall) continue;
    const end = at(takeCall);
    for (let gap = free(at(putReturn)); gap < end; gap = free(gap)) next[gap] = gap + 1;
  }
  return undefined;
}

function smallerWasThere(element: Element, elements: readonly Element[]): SpecialistResult {
  const from = Math.max(element.putCall, element.takeCall);
  const culprits: Operation[] = [element.put, element.take as Operation];
  for (const { value, put, take, putReturn, takeCall } of elements) {
    if ((value as number) >= (element.value as number)) continue;
    if (putReturn > element.takeReturn || takeCall < from || putReturn >= takeCall) continue;
    culprits.push(put);
    if (take) culprits.push(take);
  }
  return {
    result: "not",
    culprits,
    anomaly: "not the smallest",
    summary: `${show(element.value)} came out, while something smaller was there all along`,
  };
}
