/** Queues, stacks, bags and priority queues as sequential objects. Elements need not be unique. */
import type { Operation } from "../../history/operation.ts";
import { isPut, needed } from "./elements.ts";
import { keyOf, show, type Model, type Unwritten } from "./model.ts";
import { unwrittenInCollection } from "./unwritten.ts";
import { numberOr } from "../../history/values.ts";

type Items = readonly unknown[];

/** Chooses the position of the element that comes out next; -1 if there is none. */
type Pick = (items: Items) => number;

function collection(name: string, next: Pick): Model<Items> {
  return {
    name,
    initial: (given) => (Array.isArray(given) ? given : []),
    step(items, { f, input, output, outcome }) {
      if (isPut(f)) return { state: [...items, input] };
      if (items.length === 0) {
        return outcome !== "ok" || (output ?? null) === null ? { state: items } : undefined;
      }
      const at = next(items);
      const state = items.filter((_, i) => i !== at);
      if (outcome !== "ok") return { state };
      return keyOf(items[at]) === keyOf(output) && output !== null ? { state } : undefined;
    },
    hash: keyOf,
    kind: kindOfTransfer,
    changes: ({ f }) => isPut(f),
    // If an element is removed together with all operations on it, the validity of the rest does not
    // change.
    group: elementOf,
    needed: neededFrom,
    unwritten: unwrittenTake,
    describe: describeTransfer,
    show,
  };
}

function kindOfTransfer({ f, input, output, outcome }: Operation): string {
  if (isPut(f)) return `+${keyOf(input)}`;
  return outcome === "ok" ? `-${keyOf(output ?? null)}` : "-?";
}

/**
 * The relevant operations of a collection that may start with elements. In that case all lost takes may
 * matter.
 */
function neededFrom(operations: readonly Operation[], initial: unknown): readonly Operation[] {
  return Array.isArray(initial) && initial.length > 0 ? operations : needed(operations);
}

function unwrittenTake(operations: readonly Operation[], initial: unknown): Unwritten | undefined {
  return unwrittenInCollection(operations, initial, isPut);
}

/** The element that an operation moves; undefined for takes that found nothing or were lost. */
function elementOf({ f, input, output, outcome }: Operation): unknown {
  if (isPut(f)) return keyOf(input);
  return outcome === "ok" && output !== null && output !== undefined ? keyOf(output) : undefined;
}

function describeTransfer({ f, input, output, outcome }: Operation): string {
  if (isPut(f)) return `${f} ${show(input)}`;
  if (outcome !== "ok") return f;
  return (output ?? null) === null ? `${f} -> empty` : `${f} -> ${show(output)}`;
}

/**
 * First in, first out. If the operations are given, dead ends are detected early: an element must not be
 * put behind one that comes out later, or never.
 */
export function fifoQueue(operations: readonly Operation[] = []): Model<Items> {
  const model = collection("fifo-queue", () => 0);
  const spans = takesOf(operations);
  if (spans.size === 0) return model;
  return {
    ...model,
    step(items, operation) {
      const mine = isPut(operation.f) ? spans.get(keyOf(operation.input)) : undefined;
      const blocked =
        mine !== undefined &&
        items.some((item) => {
          const theirs = spans.get(keyOf(item));
          return theirs !== undefined && mine.to < theirs.from;
        });
      return blocked ? undefined : model.step(items, operation);
    },
  };
}

/**
 * The ranks at which each element that is put in only once is taken out. Elements that are never taken have
 * infinity.
 */
function takesOf(
  operations: readonly Operation[],
): Map<string, { readonly from: number; readonly to: number }> {
  const puts = new Map<string, number>();
  const takes = new Map<string, Operation[]>();
  let lost = false;
  for (const operation of operations) {
    const { f, input, output, outcome } = operation;
    if (outcome === "fail") continue;
    if (isPut(f)) puts.set(keyOf(input), (puts.get(keyOf(input)) ?? 0) + 1);
    else if (outcome !== "ok") lost = true;
    else takes.set(keyOf(output ?? null), [...(takes.get(keyOf(output ?? null)) ?? []), operation]);
  }
  const spans = new Map<string, { from: number; to: number }>();
  for (const [key, count] of puts) {
    const [take, ...more] = takes.get(key) ?? [];
    if (count !== 1 || more.length > 0 || (!take && lost)) continue;
    spans.set(key, { from: take?.invokeRank ?? Infinity, to: take?.completeRank ?? Infinity });
  }
  return spans;
}

/** Last in, first out. */
export const stack = (): Model<Items> => collection("stack", (items) => items.length - 1);

/** The smallest element comes out first; among equal ones, any. */
export const priorityQueue = (): Model<Items> => collection("priority-queue", smallest);

function smallest(items: Items): number {
  let at = 0;
  for (let i = 1; i < items.length; i++) if (lessThan(items[i], items[at])) at = i;
  return at;
}

function lessThan(one: unknown, other: unknown): boolean {
  const a = numberOr(one);
  const b = numberOr(other);
  if (typeof a === "number" && typeof b === "number") return a < b;
  return keyOf(a) < keyOf(b);
}

interface Bag {
  readonly items: Items;
  /** The number of elements taken by takes without an answer. Which ones these were is decided later. */
  readonly lost: number;
}

/** An unordered queue: any element may come out. */
export function unorderedQueue(): Model<Bag> {
  return {
    name: "unordered-queue",
    initial: (given) => ({ items: Array.isArray(given) ? [...given].sort(byKey) : [], lost: 0 }),
    step({ items, lost }, { f, input, output, outcome }) {
      if (isPut(f)) return { state: { items: [...items, input].sort(byKey), lost } };
      if (outcome !== "ok") {
        return {
          state: lost === items.length ? { items, lost } : { items, lost: lost + 1 },
        };
      }
      if ((output ?? null) === null) {
        return items.length === lost ? { state: { items: [], lost: 0 } } : undefined;
      }
      const key = keyOf(output);
      const at = items.findIndex((item) => keyOf(item) === key);
      if (at === -1 || items.length - 1 < lost) return undefined;
      return { state: { items: items.filter((_, i) => i !== at), lost } };
    },
    hash: ({ items, lost }) => `${lost} ${keyOf(items)}`,
    kind: kindOfTransfer,
    changes: ({ f }) => isPut(f),
    group: elementOf,
    needed: neededFrom,
    unwritten: unwrittenTake,
    describe: describeTransfer,
    show: ({ items }) => show(items),
  };
}

function byKey(a: unknown, b: unknown): number {
  const x = keyOf(a);
  const y = keyOf(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
