/** Many registers: a map (each key on its own), multi-register transactions, and counters. */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Model } from "./model.ts";

/** A cell that is not there. */
const missing = undefined;

/**
 * One key of a map: `get`, `put x`, `append x` (to a text or a list), `delete`, `cas [from to]`. Porcupine's
 * key-value logs read a key that is not there as the empty text; so does this.
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
  hash: (state) =>
    typeof state === "string" || typeof state === "number" ? state : `\u0000${keyOf(state)}`,
  kind({ f, input, output, outcome }) {
    if (f === "get" || f === "read") return `g${outcome === "ok" ? keyOf(output) : "?"}`;
    if (f === "cas") return `c${keyOf(input)}${outcome === "ok" ? keyOf(output) : "T"}`;
    return `${f} ${keyOf(input)}`;
  },
  readOnly: ({ f }) => f === "get" || f === "read",
  changes: ({ f, input }) => f === "append" && input !== "",
  overwrites: ({ f }) =>
    f === "put" || f === "write" || f === "set" || f === "delete" || f === "remove",
  describe({ f, input, output, outcome }) {
    if (f !== "get" && f !== "read")
      return input === null || input === undefined ? f : `${f} ${show(input)}`;
    return outcome === "ok" ? `${f} -> ${show(output)}` : f;
  },
  show,
};

function sameCell(state: unknown, output: unknown): boolean {
  if (state === output) return true;
  if (typeof state === "string" && typeof output === "string") return false;
  return (isNothing(state) && isNothing(output)) || keyOf(state) === keyOf(output);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === "";
}

function appended(state: unknown, input: unknown): unknown {
  if (Array.isArray(state)) return [...(state as unknown[]), input];
  if (typeof input === "string") return `${typeof state === "string" ? state : ""}${input}`;
  return [input];
}

type Registers = Readonly<Record<string, unknown>>;
type MicroOperation = readonly [string, unknown, unknown];

const isRead = (f: string): boolean => f === "read" || f === "r";

/** Several registers, read and written together: `[["read", "x", 1], ["write", "y", 2]]`. */
export function multiRegister(
  options: { readonly nilReads?: "nil" | "anything" } = {},
): Model<Registers> {
  const anything = options.nilReads === "anything";
  return {
    name: "multi-register",
    bounded: true,
    initial: (given) => (typeof given === "object" && given !== null ? (given as Registers) : {}),
    step(state, operation) {
      let next = state;
      for (const [f, key, value] of microOperations(operation)) {
        const name = keyOf(key).replace(/^"/, "");
        if (!isRead(f)) next = { ...next, [name]: value };
        else if (operation.outcome === "ok" && !(anything && (value ?? null) === null)) {
          if (keyOf(next[name] ?? null) !== keyOf(value ?? null)) return undefined;
        }
      }
      return { state: next };
    },
    hash: keyOf,
    kind: (operation) =>
      keyOf(
        microOperations(operation).map(([f, key, value]) =>
          isRead(f) ? ["r", key, operation.outcome === "ok" ? value : "?"] : ["w", key, value],
        ),
      ),
    readOnly: (operation) => microOperations(operation).every(([f]) => isRead(f)),
    describe: (operation) =>
      microOperations(operation)
        .map(([f, key, value]) => `${isRead(f) ? "read" : "write"} ${show(key)} ${show(value)}`)
        .join(", "),
    show,
  };
}

/** What a transaction did: its answer where it has one, for that has what was read. */
function microOperations({ input, output, outcome }: Operation): readonly MicroOperation[] {
  const list = outcome === "ok" && Array.isArray(output) ? output : input;
  return Array.isArray(list) ? (list as MicroOperation[]) : [];
}

/** A counter: `add n` (or `inc`, `dec`), `read`. */
export const counter: Model<number> = {
  name: "counter",
  initial: (given) => (typeof given === "number" ? given : 0),
  step(state, operation) {
    const { f, output, outcome } = operation;
    if (f === "read") return outcome !== "ok" || Number(output) === state ? { state } : undefined;
    return { state: state + amount(operation) };
  },
  hash: (state) => state,
  kind: (operation) =>
    operation.f === "read"
      ? `r${operation.outcome === "ok" ? String(operation.output) : "?"}`
      : `+${amount(operation)}`,
  readOnly: ({ f }) => f === "read",
  changes: (operation) => operation.f !== "read" && amount(operation) !== 0,
  describe: (operation) =>
    operation.f === "read"
      ? operation.outcome === "ok"
        ? `read ${show(operation.output)}`
        : "read"
      : `add ${amount(operation)}`,
  show: String,
};

function amount({ f, input }: Operation): number {
  const by = typeof input === "number" ? input : 1;
  return f === "dec" || f === "decrement" || f === "subtract" ? -by : by;
}
