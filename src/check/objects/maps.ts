/** Several registers together, and counters. */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Model } from "./model.ts";
import { firstUnwritten, GivenValues } from "./unwritten.ts";
import { nameOf, numberOr } from "../../history/values.ts";

/**
 * Registers by their key. The initial values of a source are stored under the key's text, because JSON's
 * keys are texts.
 */
type Registers = ReadonlyMap<string, unknown>;
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
    initial: firstRegisters,
    step(state, operation) {
      let next: Map<string, unknown> | undefined;
      for (const [f, key, value] of microOperations(operation)) {
        if (!isRead(f)) (next ??= new Map(state)).set(keyOf(key), value);
        else if (operation.outcome === "ok" && !(anything && (value ?? null) === null)) {
          if (keyOf(registerOf(next ?? state, key)) !== keyOf(value)) return undefined;
        }
      }
      return { state: next ?? state };
    },
    unwritten(operations, initial) {
      const given = new Map<string, GivenValues>();
      const first = firstRegisters(initial);
      const valuesOf = (key: unknown): GivenValues => {
        const values = given.get(keyOf(key)) ?? new GivenValues();
        if (!given.has(keyOf(key))) values.give(registerOf(first, key), -1);
        given.set(keyOf(key), values);
        return values;
      };
      for (const operation of operations) {
        if (operation.outcome === "fail") continue;
        for (const [f, key, value] of microOperations(operation))
          if (!isRead(f)) valuesOf(key).give(value, operation.invokeRank);
      }
      return firstUnwritten(operations, (operation) => {
        for (const [f, key, value] of microOperations(operation)) {
          if (!isRead(f) || (anything && (value ?? null) === null)) continue;
          const missing = valuesOf(key).missing(value, operation);
          if (missing) return missing;
        }
        return undefined;
      });
    },
    hash: (state) =>
      [...state]
        .map(([key, value]) => `${key}\u0000${keyOf(value)}`)
        .sort()
        .join("\u0001"),
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
    show: showRegisters,
  };
}

/** The first registers. A field's name stands for a keyword and for a text; a map's key for itself. */
function firstRegisters(given: unknown): Registers {
  if (typeof given !== "object" || given === null) return new Map();
  return given instanceof Map
    ? new Map([...(given as Map<unknown, unknown>)].map(([key, value]) => [keyOf(key), value]))
    : new Map(Object.entries(given).map(([name, value]) => [atFirst(name), value]));
}

const atFirst = (key: unknown): string => `first ${nameOf(key) ?? keyOf(key)}`;

function registerOf(state: Registers, key: unknown): unknown {
  const own = keyOf(key);
  return state.has(own) ? state.get(own) : state.get(atFirst(key));
}

/** Formats registers by name, for display. */
function showRegisters(state: Registers): string {
  const named = new Map<string, unknown>();
  for (const [key, value] of state) {
    const name = key.replace(/^(first |")/, "");
    if (!named.has(name) || !key.startsWith("first ")) named.set(name, value);
  }
  return show(named);
}

/**
 * The micro-operations of a transaction: from its answer if there is one, because that contains the values
 * read.
 */
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
  unwritten(operations, initial) {
    let least = counter.initial(initial);
    let most = least;
    for (const operation of operations) {
      if (operation.f === "read" || operation.outcome === "fail") continue;
      // The sum of fractions depends on their order.
      if (!Number.isSafeInteger(amount(operation))) return undefined;
      least += Math.min(0, amount(operation));
      most += Math.max(0, amount(operation));
    }
    return firstUnwritten(operations, (operation) => {
      const value = Number(operation.output);
      if (operation.f !== "read" || (value >= least && value <= most)) return undefined;
      const summary = `${show(operation.output)} was read, yet all that was added gives ${least} to ${most}`;
      return { operations: [operation], summary };
    });
  },
  describe: (operation) =>
    operation.f === "read"
      ? operation.outcome === "ok"
        ? `read ${show(operation.output)}`
        : "read"
      : `add ${amount(operation)}`,
  show: String,
};

function amount({ f, input }: Operation): number {
  const given = numberOr(input);
  const by = typeof given === "number" ? given : 1;
  return f === "dec" || f === "decrement" || f === "subtract" ? -by : by;
}
