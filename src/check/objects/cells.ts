/** One key of a map: a cell that can be put to, appended to, deleted and read. */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Model, type Unwritten } from "./model.ts";
import { TextParser } from "./tokens.ts";
import { firstUnwritten, GivenValues } from "./unwritten.ts";

/** The state of a missing cell. */
const missing = undefined;

/**
 * Represents all values that no read of the history returned, not even an extension of them. All such
 * values of a kind are equivalent, because no answer can distinguish them.
 */
class Unread {
  readonly kind: "text" | "list" | "value";

  constructor(kind: "text" | "list" | "value") {
    this.kind = kind;
  }
}

const unreadText = new Unread("text");
const unreadList = new Unread("list");
const unreadValue = new Unread("value");

/**
 * One key of a map: `get`, `put x`, `append x` (to a text or a list), `delete`, `cas [from to]`.
 * Porcupine's key-value logs read a missing key as the empty text, and so does this model.
 */
export const cell: Model<unknown> = {
  name: "map",
  initial: (given) => given ?? missing,
  step(state, { f, input, output, outcome }) {
    switch (f) {
      case "get":
      case "read":
        return outcome !== "ok" || sameCell(state, output) ? { state } : undefined;
      case "put":
      case "write":
      case "set":
        return { state: input };
      case "append":
        return { state: appended(state, input) };
      case "delete":
      case "remove":
        return { state: missing };
      case "cas": {
        const [from, to] = input as [unknown, unknown];
        const matches = sameCell(state, from);
        if (outcome === "ok" && output === false) return matches ? undefined : { state };
        return matches ? { state: to } : undefined;
      }
      default:
        return undefined;
    }
  },
  hash(state) {
    if (typeof state === "string" || typeof state === "number") return state;
    return state instanceof Unread ? `\u0001${state.kind}` : `\u0000${keyOf(state)}`;
  },
  kind({ f, input, output, outcome }) {
    if (f === "get" || f === "read") return `g${outcome === "ok" ? keyOf(output) : "?"}`;
    if (f === "cas") return `c${keyOf(input)}${outcome === "ok" ? keyOf(output) : "T"}`;
    return `${f} ${keyOf(input)}`;
  },
  readOnly: ({ f }) => isGet(f),
  changes: ({ f, input }) => f === "append" && input !== "",
  overwrites: ({ f }) => isPut(f) || isDelete(f),
  within,
  unwritten,
  describe({ f, input, output, outcome }) {
    if (!isGet(f)) return input === null || input === undefined ? f : `${f} ${show(input)}`;
    return outcome === "ok" ? `${f} -> ${show(output)}` : f;
  },
  show: (state) => (state instanceof Unread ? `a ${state.kind} that nobody read` : show(state)),
};

/** Whether `f` reads a cell. */
export const isGet = (f: string): boolean => f === "get" || f === "read";
/** Whether `f` gives a cell a new value, whatever its previous value. */
export const isPut = (f: string): boolean => f === "put" || f === "write" || f === "set";
/** Whether `f` removes a cell. */
export const isDelete = (f: string): boolean => f === "delete" || f === "remove";

function sameCell(state: unknown, output: unknown): boolean {
  if (state === output) return true;
  if (state instanceof Unread || (typeof state === "string" && typeof output === "string"))
    return false;
  return (isNothing(state) && isNothing(output)) || keyOf(state) === keyOf(output);
}

/** Whether a cell with this value is equivalent to a missing one. */
export function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}

function appended(state: unknown, input: unknown): unknown {
  if (Array.isArray(state)) return [...(state as unknown[]), input];
  if (state === unreadList || (state === unreadText && typeof input === "string")) return state;
  if (typeof input === "string") return `${typeof state === "string" ? state : ""}${input}`;
  return [input];
}

/**
 * Restricts the cell to the values that `operations` can distinguish. If many clients append at once,
 * nearly all orders lead to values that no read returned. Treated as one value, they are not searched
 * separately.
 */
function within(operations: readonly Operation[]): Model<unknown> {
  if (!operations.some(({ f }) => f === "append")) return cell;
  const read = new ReadValues(operations);
  const { changes: _, ...rest } = cell;
  return {
    ...rest,
    initial: (given) => read.settled(cell.initial(given)),
    step(state, operation) {
      const next = cell.step(state, operation);
      return next === undefined || next.state === state
        ? next
        : { state: read.settled(next.state) };
    },
  };
}

/** Finds a value that was never put, and that no put and appends produce. */
function unwritten(operations: readonly Operation[], initial: unknown): Unwritten | undefined {
  const given = new GivenValues();
  const starts = new Set<string>([""]);
  const tokens = new Set<string>();
  const items = new Set<string>();
  const lists: unknown[][] = [[]];
  const put = (value: unknown, rank: number): void => {
    given.give(value, rank);
    if (typeof value === "string") starts.add(value);
    if (Array.isArray(value)) lists.push(value as unknown[]);
  };
  put(initial, -1);
  for (const { f, input, output, outcome, invokeRank } of operations) {
    if (outcome === "fail") continue;
    if (isPut(f)) put(input, invokeRank);
    else if (f === "cas" && !(outcome === "ok" && output === false))
      put((input as unknown[])[1], invokeRank);
    else if (f === "append") {
      items.add(keyOf(input));
      if (typeof input === "string") tokens.add(input);
    }
  }
  const parser = new TextParser(starts, tokens);
  const answered = (value: unknown, operation: Operation): Unwritten | undefined => {
    if (isNothing(value)) return undefined;
    if (typeof value === "string" && tokens.size > 0 && parser.ways(value) > 0) return undefined;
    if (Array.isArray(value) && items.size > 0) {
      const all = value as unknown[];
      let end = all.length;
      while (end > 0 && items.has(keyOf(all[end - 1]))) end--;
      const begins = (list: unknown[]): boolean =>
        list.length >= end &&
        list.length <= all.length &&
        list.every((item, i) => keyOf(item) === keyOf(all[i]));
      if (lists.some(begins)) return undefined;
    }
    return given.missing(value, operation);
  };
  return firstUnwritten(operations, (operation) => {
    const { f, input, output } = operation;
    if (isGet(f)) return answered(output, operation);
    return f === "cas" && output !== false
      ? answered((input as unknown[])[0], operation)
      : undefined;
  });
}

/** The values that reads returned and that compare-and-sets expected. */
class ReadValues {
  readonly #sorted: readonly string[];

  constructor(operations: readonly Operation[]) {
    const texts = new Set<string>();
    for (const { f, input, output, outcome } of operations) {
      if (isGet(f) && outcome === "ok") texts.add(beginningOf(output));
      if (f === "cas" && Array.isArray(input)) texts.add(beginningOf(input[0]));
    }
    this.#sorted = [...texts].sort();
  }

  /** Returns `state`, or the value that represents it if nothing that it can become was ever read. */
  settled(state: unknown): unknown {
    if (state instanceof Unread || isNothing(state)) return state;
    const text = beginningOf(state);
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as string) < text) low = middle + 1;
      else high = middle;
    }
    if (this.#sorted[low]?.startsWith(text)) return state;
    if (Array.isArray(state)) return unreadList;
    return typeof state === "string" ? unreadText : unreadValue;
  }
}

/** A text that is a prefix of all values that `value` can become by appending. */
function beginningOf(value: unknown): string {
  const text = keyOf(value);
  return Array.isArray(value) ? text.slice(0, -1) : text;
}
