/**
 * Plain objects to simulate and to referee with, written apart from the models that are judged. `step`
 * tells the next state, or `undefined` when the answer is wrong (or the operation cannot be done now).
 */
import type { Prng } from "../../src/base/prng.ts";

/** What a client asks. */
export interface Ask {
  readonly f: string;
  readonly input: unknown;
}

/** A sequential object. States are never changed in place. */
export interface Reference {
  readonly name: string;
  readonly initial: unknown;
  ask(prng: Prng, nth: number): Ask;
  /** All right answers; none when the operation has to wait. */
  answers(state: unknown, ask: Ask, process: number): readonly unknown[];
  step(state: unknown, ask: Ask, process: number, output: unknown): unknown;
  /** A wrong answer that looks right, given the right one. */
  lie(prng: Prng, ask: Ask, output: unknown): unknown;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

interface Parts {
  readonly name: string;
  readonly initial: unknown;
  ask(prng: Prng, nth: number): Ask;
  /** The answers and, for each, the state after it. */
  act(
    state: never,
    ask: Ask,
    process: number,
  ): readonly (readonly [output: unknown, next: unknown])[];
  lie?(prng: Prng, ask: Ask, output: unknown): unknown;
}

function reference({ name, initial, ask, act, lie }: Parts): Reference {
  return {
    name,
    initial,
    ask,
    answers: (state, asked, process) =>
      act(state as never, asked, process).map(([output]) => output),
    step(state, asked, process, output) {
      return act(state as never, asked, process).find(([answer]) => same(answer, output))?.[1];
    },
    lie: lie ?? ((_prng, _ask, output) => output),
  };
}

/** A register with few values, or with a new value at each write. */
export const registerReference = (unique: boolean, cas: boolean): Reference =>
  reference({
    name: "register",
    initial: null,
    ask(prng, nth) {
      const f = prng.pick(cas ? ["read", "write", "cas"] : ["read", "read", "write"]);
      if (f === "read") return { f, input: null };
      if (f === "write") return { f, input: unique ? nth + 1 : prng.below(3) };
      return { f, input: [prng.below(3), prng.below(3)] };
    },
    act(state: unknown, { f, input }) {
      if (f === "read") return [[state, state]];
      if (f === "write") return [[null, input]];
      const [from, to] = input as [unknown, unknown];
      return state === from ? [[true, to]] : [[false, state]];
    },
    lie(prng, { f }, output) {
      if (f === "cas") return output !== true;
      return f === "read" ? prng.below(unique ? 12 : 3) : output;
    },
  });

type Items = readonly number[];

/** Which element a collection gives, as positions: several where it may choose. */
const givers: Readonly<Record<string, (items: Items) => number[]>> = {
  "fifo-queue": () => [0],
  stack: (items) => [items.length - 1],
  "priority-queue": (items) => [items.indexOf(Math.min(...items))],
  "unordered-queue": (items) => items.map((_, at) => at),
};

/** A collection; with `unique`, each element goes in once. */
export const collectionReference = (model: string, unique: boolean): Reference =>
  reference({
    name: model,
    initial: [],
    ask(prng, nth) {
      const [put, take] = model === "stack" ? ["push", "pop"] : ["enqueue", "dequeue"];
      if (prng.chance(0.45)) return { f: take as string, input: null };
      // Elements come in no order, or a queue of priorities would be one of arrivals.
      const input = unique ? ((nth * 37 + 11) % 101) + 101 * Math.floor(nth / 101) : prng.below(3);
      return { f: put as string, input };
    },
    act(items: Items, { f, input }) {
      if (f === "push" || f === "enqueue") return [[null, [...items, input as number]]];
      if (items.length === 0) return [[null, items]];
      const choices = (givers[model] as (items: Items) => number[])(items);
      return choices.map((at) => [items[at], items.filter((_, other) => other !== at)] as const);
    },
    lie(prng, { f }, output) {
      if (f === "push" || f === "enqueue") return output;
      return prng.chance(0.2) ? null : unique ? (prng.below(8) * 37 + 11) % 101 : prng.below(3);
    },
  });

/** A set; with `removes`, elements also leave it and are looked for. */
export const setReference = (removes: boolean): Reference =>
  reference({
    name: "set",
    initial: [],
    ask(prng, nth) {
      const f = prng.pick(removes ? ["add", "remove", "contains", "read"] : ["add", "read"]);
      return { f, input: f === "read" ? null : removes ? prng.below(3) : nth };
    },
    act(items: Items, { f, input }) {
      const item = input as number;
      const without = items.filter((other) => other !== item);
      const had = items.includes(item);
      if (f === "add") {
        return [[removes ? !had : null, [...without, item].sort((a, b) => a - b)]];
      }
      if (f === "remove") return [[had, without]];
      return [[f === "read" ? items : items.includes(item), items]];
    },
    lie(prng, { f }, output) {
      if (typeof output === "boolean") return !output;
      if (f !== "read") return output;
      const items = output as Items;
      if (items.length > 0 && prng.chance(0.5)) {
        const left = prng.below(items.length);
        return items.filter((_, at) => at !== left);
      }
      return [...items, 1_000 + prng.below(3)];
    },
  });

/** A counter. */
export const counterReference: Reference = reference({
  name: "counter",
  initial: 0,
  ask: (prng) =>
    prng.chance(0.5) ? { f: "read", input: null } : { f: "add", input: prng.pick([1, 2, 5]) },
  act: (sum: number, { f, input }) =>
    f === "read" ? [[sum, sum]] : [[null, sum + (input as number)]],
  lie: (prng, { f }, output) =>
    f === "read" ? (output as number) + prng.pick([-1, 1, 3]) : output,
});

/** One key of a map. */
export const cellReference: Reference = reference({
  name: "map",
  initial: "",
  ask(prng) {
    const f = prng.pick(["get", "get", "put", "append", "delete"]);
    return { f, input: f === "put" || f === "append" ? prng.pick(["a", "b"]) : null };
  },
  act(text: string, { f, input }) {
    if (f === "get") return [[text, text]];
    if (f === "delete") return [[null, ""]];
    return [[null, f === "put" ? input : text + (input as string)]];
  },
  lie: (prng, { f }, output) =>
    f === "get" ? prng.pick(["", "a", "b", "ab", "ba", "aa"]) : output,
});

/** One key of a map of texts: each put or appended once, or each several times. */
export const textReference = (unique: boolean): Reference =>
  reference({
    name: "map",
    initial: "",
    ask(prng, nth) {
      const f = prng.pick(["get", "get", "put", "append", "append", "append"]);
      return { f, input: f === "get" ? null : `${unique ? nth : nth % 5};` };
    },
    act(text: string, { f, input }) {
      if (f === "get") return [[text, text]];
      return [[null, f === "put" ? input : text + (input as string)]];
    },
    lie(prng, { f }, output) {
      if (f !== "get") return output;
      const tokens = (output as string).split(/(?<=;)/);
      return prng.pick([
        tokens.slice(0, -1).join(""),
        tokens.slice(1).join(""),
        tokens.reverse().join(""),
        `${output as string}${prng.below(5)};`,
      ]);
    },
  });

type Micro = readonly ["read" | "write", string, unknown];

/** Two registers, read and written together. */
export const multiRegisterReference: Reference = reference({
  name: "multi-register",
  initial: { x: null, y: null },
  ask: (prng) => ({
    f: "txn",
    input: prng
      .pick([["x"], ["y"], ["x", "y"]])
      .map((key) => (prng.chance(0.5) ? ["read", key, null] : ["write", key, prng.below(2)])),
  }),
  act(state: Readonly<Record<string, unknown>>, { input }) {
    const next = { ...state };
    const output = (input as Micro[]).map(([f, key, value]) => {
      if (f === "write") next[key] = value;
      return [f, key, next[key]];
    });
    return [[output, next]];
  },
  lie: (prng, _ask, output) =>
    (output as Micro[]).map(([f, key, value]) => [
      f,
      key,
      f === "read" ? prng.pick([null, 0, 1]) : value,
    ]),
});

/** A lock of some kind: who may not have it waits. */
export const lockReference = (model: string): Reference =>
  reference({
    name: model,
    initial: [],
    ask(prng) {
      const names =
        model === "rw-lock"
          ? ["read-acquire", "read-release", "write-acquire", "write-release"]
          : ["acquire", "release"];
      return { f: prng.pick(names), input: null };
    },
    act(holders: readonly string[], { f }, process) {
      const side = f.startsWith("write") ? "w" : "r";
      const me = model === "mutex" || model === "semaphore" ? "x" : `${side}${process}`;
      if (f.endsWith("acquire")) {
        return mayHold(model, holders, me) ? [[true, [...holders, me]]] : [];
      }
      const at = holders.indexOf(me);
      return at < 0 ? [] : [[true, holders.filter((_, other) => other !== at)]];
    },
  });

function mayHold(model: string, holders: readonly string[], me: string): boolean {
  switch (model) {
    case "semaphore":
      return holders.length < 2;
    case "reentrant-mutex":
      return holders.every((holder) => holder === me);
    case "rw-lock":
      return me.startsWith("w")
        ? holders.length === 0
        : holders.every((holder) => holder.startsWith("r"));
    default:
      return holders.length === 0;
  }
}
