/** The objects that the tests talk to: each with what is asked of it and how an answer can be false. */
import { Prng } from "../../../src/base/prng.ts";
import {
  fifoQueue,
  priorityQueue,
  stack,
  unorderedQueue,
} from "../../../src/check/objects/collections.ts";
import {
  mutex,
  readWriteLock,
  reentrantMutex,
  semaphore,
} from "../../../src/check/objects/locks.ts";
import { keyOf } from "../../../src/check/objects/model.ts";
import { cell } from "../../../src/check/objects/cells.ts";
import { counter, multiRegister } from "../../../src/check/objects/maps.ts";
import type { Model } from "../../../src/check/objects/model.ts";
import { register } from "../../../src/check/objects/registers.ts";
import { set } from "../../../src/check/objects/sets.ts";
import type { Ask, Subject } from "./histories.ts";

const any = <S>(subject: Subject<S>): Subject<never> => subject as unknown as Subject<never>;

/** A register whose values are few, or each written once. */
export function registerSubject(unique: boolean, cas: boolean): Subject<never> {
  return any<unknown>({
    model: register(),
    ask(prng, nth): Ask {
      const f = prng.pick(cas ? ["read", "write", "cas"] : ["read", "write"]);
      if (f === "read") return { f };
      if (f === "write") return { f, input: unique ? nth : prng.below(3) };
      return { f, input: [prng.below(3), prng.below(3)] };
    },
    answers: (state, { f, input }) =>
      f === "read" ? [state] : f === "write" ? [input] : [state === (input as number[])[0]],
    lie: (prng, { f }, truth) =>
      f === "read" ? prng.below(unique ? 8 : 3) : f === "cas" ? !truth : truth,
  });
}

/** A collection of elements, each put in once or some twice. */
export function collectionSubject(
  kind: "fifo" | "stack" | "priority" | "bag",
  unique: boolean,
): Subject<never> {
  const models = {
    fifo: fifoQueue(),
    stack: stack(),
    priority: priorityQueue(),
    bag: unorderedQueue(),
  };
  const names = { fifo: ["enqueue", "dequeue"], stack: ["push", "pop"] } as Record<
    string,
    string[]
  >;
  const [put, take] = names[kind] ?? ["enqueue", "dequeue"];
  const order = Prng.root(99).shuffle(Array.from({ length: 64 }, (_, i) => i + 1));
  return any<unknown>({
    model: models[kind] as unknown as Model<unknown>,
    ask: (prng, nth): Ask =>
      prng.chance(0.5)
        ? { f: put as string, input: unique ? order[nth] : 1 + prng.below(3) }
        : { f: take as string },
    answers(state, { f, input }) {
      if (f === put) return [input];
      const items = (kind === "bag" ? (state as { items: unknown[] }).items : state) as number[];
      if (items.length === 0) return [null];
      if (kind === "bag") return items;
      if (kind === "fifo") return [items[0]];
      return [kind === "stack" ? items.at(-1) : Math.min(...items)];
    },
    lie: (prng, { f }, truth) => {
      if (f === put) return truth;
      return prng.chance(0.3) ? null : unique ? order[prng.below(8)] : 1 + prng.below(3);
    },
  });
}

/** A set that is added to and read; with `removes`, more. */
export function setSubject(removes: boolean): Subject<never> {
  return any<readonly string[]>({
    model: set,
    ask(prng): Ask {
      const f = prng.pick(removes ? ["add", "remove", "contains", "read"] : ["add", "add", "read"]);
      return f === "read" ? { f } : { f, input: prng.below(removes ? 3 : 6) };
    },
    answers: (state, { f, input }) =>
      f === "read"
        ? [state.map(Number)]
        : f === "contains"
          ? [state.includes(String(input))]
          : [null],
    lie(prng, { f }, truth) {
      if (f === "contains") return !truth;
      if (f !== "read") return truth;
      const list = truth as number[];
      return prng.chance(0.5) ? list.slice(1) : [...new Set([...list, prng.below(6)])];
    },
  });
}

/** A lock of some kind. Who asks decides: the asker's name goes with the operation. */
export function lockSubject(
  kind: "mutex" | "owner" | "reentrant" | "semaphore" | "rw",
): Subject<never> {
  const models = {
    mutex: mutex(),
    owner: mutex({ owners: true }),
    reentrant: reentrantMutex,
    semaphore: semaphore(2),
    rw: readWriteLock,
  };
  const names =
    kind === "rw"
      ? ["read-acquire", "read-release", "write-acquire", "write-release"]
      : ["acquire", "release"];
  return any<unknown>({
    model: models[kind] as unknown as Model<unknown>,
    ask: (prng): Ask => ({
      f: prng.pick(names),
      input: kind === "semaphore" ? 1 + prng.below(2) : { owner: prng.below(2) },
    }),
    answers: () => [true],
    lie: (_, __, truth) => truth,
    pretends: true,
  });
}

/** A counter with few steps. */
export const counterSubject: Subject<never> = any<number>({
  model: counter,
  ask: (prng): Ask =>
    prng.chance(0.5) ? { f: "read" } : { f: "add", input: prng.pick([1, 1, 2, -1]) },
  answers: (state, { f }) => (f === "read" ? [state] : [null]),
  lie: (prng, { f }, truth) => (f === "read" ? (truth as number) + prng.pick([1, -1, 2]) : truth),
});

/** One key of a map. */
export const cellSubject: Subject<never> = any<unknown>({
  model: cell,
  ask(prng): Ask {
    const f = prng.pick(["get", "get", "put", "append", "delete"]);
    return f === "get" || f === "delete" ? { f } : { f, input: prng.pick(["a", "b"]) };
  },
  answers: (state, { f }) => (f === "get" ? [state ?? ""] : [null]),
  lie: (prng, { f }, truth) => (f === "get" ? prng.pick(["", "a", "b", "ab", "ba"]) : truth),
});

/** Texts that can be told apart when appended, and texts of which some are made of others. */
const texts = {
  marked: Array.from({ length: 200 }, (_, i) => `${i};`),
  mixed: ["a", "b", "ab", "ba", "c", "bc", "abc", "", "d", "aa", "bb", "cd", "da", "dd", "e", "ea"],
};

/** A cell of texts: each is put or appended once, or some several times. */
export function textSubject(kind: keyof typeof texts, unique: boolean): Subject<never> {
  const tokens = texts[kind];
  return any<unknown>({
    model: cell,
    ask(prng, nth): Ask {
      const f = prng.pick(["get", "get", "append", "append", "append", "put"]);
      if (f === "get") return { f };
      return { f, input: unique ? tokens[nth % tokens.length] : tokens[prng.below(4)] };
    },
    answers: (state, { f }) => (f === "get" ? [state ?? ""] : [null]),
    lie(prng, { f }, truth) {
      if (f !== "get") return truth;
      const picked = Array.from({ length: prng.below(3) }, () => tokens[prng.below(6)]).join("");
      return prng.pick([picked, `${truth as string}${picked}`, (truth as string).slice(0, -2)]);
    },
  });
}

/** Two registers in transactions. */
export const multiRegisterSubject: Subject<never> = any<ReadonlyMap<string, unknown>>({
  model: multiRegister(),
  ask(prng): Ask {
    const micro = (key: string): unknown =>
      prng.chance(0.5) ? ["read", key, null] : ["write", key, prng.below(2)];
    const keys = prng.pick([["x"], ["y"], ["x", "y"]]);
    return { f: "txn", input: keys.map(micro) };
  },
  answers: (state, { input }) => [
    (input as [string, string, unknown][]).map(([f, key, value]) => [
      f,
      key,
      f === "read" ? (state.get(keyOf(key)) ?? null) : value,
    ]),
  ],
  lie: (prng, _, truth) =>
    (truth as [string, string, unknown][]).map(([f, key, value]) => [
      f,
      key,
      f === "read" ? prng.pick([null, 0, 1]) : value,
    ]),
});
