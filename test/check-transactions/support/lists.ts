/**
 * Random lists, and a referee for them that lists every simple cycle of a small graph. It derives the
 * dependencies from their definitions, pair by pair, and shares nothing with the checkers.
 */
import fc from "fast-check";
import type { MicroOperation } from "../../../src/check/transactions/table.ts";
import { overlap, type Small } from "./make.ts";

/** A history of lists, and the order in which each key's elements were really appended. */
export interface Lists {
  readonly transactions: readonly Small[];
  readonly orders: Readonly<Record<string, readonly number[]>>;
}

/**
 * Random lists: elements are in a random order, and each read saw any prefix of it that does not end in
 * the middle of a transaction. Most such histories have cycles.
 */
export function smallLists(most: number): fc.Arbitrary<Lists> {
  const mop = fc.record({
    append: fc.boolean(),
    key: fc.constantFrom("x", "y", "z"),
    pick: fc.nat({ max: 9 }),
  });
  const transaction = fc.record({
    process: fc.nat({ max: 2 }),
    mops: fc.array(mop, { minLength: 1, maxLength: 3 }),
    stretch: fc.nat({ max: 6 }),
    early: fc.nat({ max: 4 }),
  });
  return fc.array(transaction, { minLength: 2, maxLength: most }).map((drafts) => {
    let element = 0;
    const appended: Record<string, { by: number; elements: number[]; rank: number }[]> = {
      x: [],
      y: [],
      z: [],
    };
    const mops = drafts.map((draft, by) =>
      draft.mops.map((m) => {
        if (!m.append) return { ...m, element: 0 };
        const groups = appended[m.key] as { by: number; elements: number[]; rank: number }[];
        const own = groups.find((group) => group.by === by);
        element++;
        // A transaction's appends to a key stand together: somebody else's between them would be G0.
        if (own) own.elements.push(element);
        else groups.push({ by, elements: [element], rank: by * 3 - draft.early * 2 });
        return { ...m, element };
      }),
    );
    const states: Record<string, number[][]> = {};
    for (const [key, groups] of Object.entries(appended)) {
      groups.sort((a, b) => a.rank - b.rank || a.by - b.by);
      const all: number[][] = [[]];
      for (const { elements } of groups) all.push([...(all.at(-1) as number[]), ...elements]);
      states[key] = all;
    }
    const spans = overlap(drafts);
    const transactions = mops.map((list, by): Small => {
      const state = new Map<string, readonly number[]>();
      const done: MicroOperation[] = [];
      for (const m of list) {
        const options = states[m.key] as number[][];
        const before = (): readonly number[] => {
          const first = (appended[m.key] as { by: number; elements: number[] }[]).find(
            (group) => group.by === by,
          )?.elements[0];
          // Who appends to a key sees it as it is just before, or not at all.
          if (first === undefined) return options[m.pick % options.length] as number[];
          return options.find((s, i) => options[i + 1]?.[s.length] === first) as number[];
        };
        const now = state.get(m.key) ?? (m.append && m.pick > 4 ? undefined : before());
        if (m.append) {
          if (now) state.set(m.key, [...now, m.element]);
          else state.set(m.key, [...before(), m.element]);
          done.push(["append", m.key, m.element]);
        } else {
          state.set(m.key, now as readonly number[]);
          done.push(["r", m.key, now]);
        }
      }
      return { process: (drafts[by] as { process: number }).process, mops: done, ...spans[by] };
    });
    const orders = Object.fromEntries(
      Object.entries(states).map(([key, all]) => [key, all.at(-1) as number[]]),
    );
    return { transactions, orders };
  });
}

type Label = "ww" | "wr" | "rw" | "realtime" | "process";

/** Every dependency of b on a, strongest reason first; `order` is that beside the data's. */
function labels(history: Lists, a: number, b: number, order: string): Label[] {
  const found: Label[] = [];
  const [from, to] = [history.transactions[a] as Small, history.transactions[b] as Small];
  const seen = readSoFar(history);
  for (const [f, rawKey, value] of to.mops) {
    const key = String(rawKey);
    if (f === "append") {
      const before = predecessors(seen[key] ?? [], value as number);
      const last = before.at(-1);
      if (last !== undefined && appends(from, key, last)) found.push("ww");
      const read = from.mops.some(
        ([g, k, list]) => g === "r" && k === rawKey && (list as number[]).at(-1) === last,
      );
      if (read) found.push("rw");
    } else {
      const last = (value as number[]).at(-1);
      if (last !== undefined && appends(from, key, last)) found.push("wr");
    }
  }
  if (order === "realtime" && directlyBefore(history, a, b)) found.push("realtime");
  if (order === "process" && from.process === to.process && a < b) found.push("process");
  const priority: Label[] = ["ww", "wr", "rw", "realtime", "process"];
  return priority.filter((label) => found.includes(label));
}

/** What anybody read of each key at most; a key with one append needs no read. */
function readSoFar(history: Lists): Record<string, number[]> {
  const longest: Record<string, number[]> = {};
  const appended: Record<string, number[]> = {};
  for (const { mops } of history.transactions) {
    for (const [f, rawKey, value] of mops) {
      const key = String(rawKey);
      if (f === "append") (appended[key] ??= []).push(value as number);
      else if ((value as number[]).length > (longest[key]?.length ?? 0))
        longest[key] = value as number[];
    }
  }
  for (const [key, all] of Object.entries(appended)) {
    if (!longest[key] && all.length === 1) longest[key] = all;
  }
  return longest;
}

function predecessors(order: readonly number[], element: number): readonly number[] {
  const at = order.indexOf(element);
  return at < 0 ? order : order.slice(0, at);
}

function appends(transaction: Small, key: string, element: number): boolean {
  return transaction.mops.some(([f, k, value]) => f === "append" && k === key && value === element);
}

function directlyBefore(history: Lists, a: number, b: number): boolean {
  const [from, to] = [history.transactions[a] as Small, history.transactions[b] as Small];
  return (from.to as number) < (to.from as number);
}

/**
 * The types of all simple cycles. With `strongest`, each edge counts for its strongest reason alone;
 * otherwise for any of its reasons.
 */
export function cycleTypes(
  history: Lists,
  order: "none" | "process" | "realtime",
  strongest = false,
): Set<string> {
  const n = history.transactions.length;
  const label = history.transactions.map((_, a) =>
    history.transactions.map((_unused, b) => {
      const all = a === b ? [] : labels(history, a, b, order);
      return strongest ? all.slice(0, 1) : all;
    }),
  );
  const types = new Set<string>();
  const walk = (path: number[], kinds: Label[]): void => {
    const last = path.at(-1) as number;
    for (let next = path[0] as number; next < n; next++) {
      for (const kind of (label[last] as Label[][])[next] as Label[]) {
        if (next === path[0]) types.add(typeOf([...kinds, kind]));
        else if (!path.includes(next)) walk([...path, next], [...kinds, kind]);
      }
    }
  };
  for (let start = 0; start < n; start++) walk([start], []);
  return types;
}

/** Adya's name of a cycle. */
function typeOf(kinds: readonly Label[]): string {
  const count = kinds.filter((kind) => kind === "rw").length;
  const adjacent = kinds.some(
    (kind, i) => kind === "rw" && kinds[(i + 1) % kinds.length] === "rw" && kinds.length > 1,
  );
  const base =
    count === 0
      ? kinds.includes("wr")
        ? "G1c"
        : "G0"
      : count === 1
        ? "G-single-item"
        : adjacent
          ? "G2-item"
          : "G-nonadjacent-item";
  if (kinds.includes("realtime")) return `${base}-realtime`;
  return kinds.includes("process") ? `${base}-process` : base;
}
