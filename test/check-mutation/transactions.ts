/** The subjects of transactions: lists and registers, by a serial engine and under a referee. */
import type { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import { registerRules } from "../../src/check/transactions/register-levels.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History, Operation } from "../../src/history/operation.ts";
import type { Small } from "../check-transactions/support/make.ts";
import { holds, type Base } from "../check-transactions/support/referee.ts";
import { before, withChanged } from "./simulate.ts";
import type { Subject } from "./suite.ts";

type Micro = readonly [f: string, key: string, value: unknown];

const keys = ["x", "y", "z"];

/** A random transaction's questions; values are filled in when it acts. */
function askTransaction(prng: Prng, write: string, next: () => number): Micro[] {
  return Array.from({ length: prng.between(1, 4) }, (): Micro => {
    const key = prng.pick(keys);
    return prng.chance(0.5) ? ["r", key, null] : [write, key, next()];
  });
}

/** A strictly serializable history: each transaction acts at one moment while it is open. */
function serialEngine(prng: Prng, write: "append" | "w", transactions: number): History {
  const builder = new HistoryBuilder();
  const state = new Map<string, unknown>();
  const open = new Map<number, { index: number; micros: Micro[]; done: Micro[] | undefined }>();
  let value = 0;
  let asked = 0;
  const act = (micros: readonly Micro[]): Micro[] =>
    micros.map(([f, key, given]) => {
      if (f === "w") state.set(key, given);
      if (f === "append") state.set(key, [...((state.get(key) as unknown[]) ?? []), given]);
      return f === "r" ? [f, key, state.get(key) ?? null] : [f, key, given];
    });
  while (asked < transactions || open.size > 0) {
    const process = prng.below(4);
    const current = open.get(process);
    if (!current) {
      if (asked++ >= transactions) continue;
      const micros = askTransaction(prng, write, () => ++value);
      const index = builder.invoke({ process, f: "txn", input: micros });
      open.set(process, { index, micros, done: undefined });
    } else if (!current.done) current.done = act(current.micros);
    else {
      builder.complete(current.index, "ok", { output: current.done });
      open.delete(process);
    }
  }
  return builder.finish();
}

function microsOf({ output }: Operation): readonly Micro[] {
  return output as readonly Micro[];
}

/** The reads from outside a transaction: those of keys that it has not written itself before. */
function outsideReads(operation: Operation): number[] {
  const micros = microsOf(operation);
  return micros.flatMap(([f, key], at) =>
    f === "r" && !micros.slice(0, at).some(([, other]) => other === key) ? [at] : [],
  );
}

function withRead(history: History, operation: Operation, at: number, value: unknown): History {
  const micros = microsOf(operation);
  const [f, key] = micros[at] as Micro;
  return withChanged(history, operation, { output: micros.with(at, [f, key, value]) });
}

type Break = (prng: Prng, history: History) => History | undefined;

/** What others read turns out to have been aborted: G1a. */
const abortWriter: Break = (prng, history) => {
  const seen = new Set(
    history.operations.flatMap((one) =>
      outsideReads(one).flatMap((at) => {
        const value = (microsOf(one)[at] as Micro)[2];
        return Array.isArray(value) ? (value as unknown[]) : [value];
      }),
    ),
  );
  const writers = history.operations.filter((one) => {
    // Its last write to a key, so that it is no intermediate one.
    const own = microsOf(one).filter(([f]) => f !== "r");
    return own.some(([, , value]) => seen.has(value)) && outsideReads(one).length === 0;
  });
  if (writers.length === 0) return undefined;
  return withChanged(history, prng.pick(writers), { outcome: "fail", output: undefined });
};

/** A list is read without the last element, although its append had completed before. */
const staleList: Break = (prng, history) => {
  for (const read of prng.shuffle(history.operations)) {
    for (const at of outsideReads(read)) {
      const [, key, value] = microsOf(read)[at] as Micro;
      const list = (value ?? []) as unknown[];
      // Its other reads and writes of the key stay as they are, so it must have none.
      if (microsOf(read).filter(([, other]) => other === key).length > 1) continue;
      const last = list.at(-1);
      const writer = history.operations.find((one) =>
        microsOf(one).some(([f, , given]) => f === "append" && given === last),
      );
      const missed =
        writer && microsOf(writer).filter(([f, other]) => f === "append" && other === key).length;
      if (!writer || !before(writer, read) || missed !== 1) continue;
      const shorter = list.slice(0, -1);
      return withRead(history, read, at, shorter.length > 0 ? shorter : null);
    }
  }
  return undefined;
};

/** The last append to a list is missed by a transaction that sees another append of the same writer. */
const fracturedList: Break = (prng, history) => {
  for (const read of prng.shuffle(history.operations)) {
    const sights = outsideReads(read).map((at) => ({ at, micro: microsOf(read)[at] as Micro }));
    for (const { at, micro } of sights) {
      const [, key, value] = micro;
      const list = (value ?? []) as unknown[];
      if (microsOf(read).filter(([, other]) => other === key).length > 1) continue;
      const writer = history.operations.find((one) =>
        microsOf(one).some(([f, , given]) => f === "append" && given === list.at(-1)),
      );
      if (!writer || list.length === 0) continue;
      const appended = microsOf(writer).filter(([f]) => f === "append");
      if (appended.filter(([, other]) => other === key).length !== 1) continue;
      const seen = sights.some(
        ({ micro: [, other, sight] }) =>
          other !== key &&
          appended.some(
            ([, third, given]) => third === other && ((sight ?? []) as unknown[]).at(-1) === given,
          ),
      );
      if (!seen) continue;
      const shorter = list.slice(0, -1);
      return withRead(history, read, at, shorter.length > 0 ? shorter : null);
    }
  }
  return undefined;
};

/** A list is read without what the same session had appended to it. */
const ownListMissed: Break = (prng, history) => {
  for (const read of prng.shuffle(history.operations)) {
    for (const at of outsideReads(read)) {
      const [, key, value] = microsOf(read)[at] as Micro;
      const list = (value ?? []) as unknown[];
      if (microsOf(read).filter(([, other]) => other === key).length > 1) continue;
      const from = list.findIndex((element) =>
        history.operations.some(
          (one) =>
            one.process === read.process &&
            before(one, read) &&
            microsOf(one).some(([f, , given]) => f === "append" && given === element),
        ),
      );
      // The list may end only where a writer ends.
      if (from < 0 || !endsTransaction(history, key, list[from - 1])) continue;
      return withRead(history, read, at, from > 0 ? list.slice(0, from) : null);
    }
  }
  return undefined;
};

/** Whether `element` is the last that its writer appended to `key`; the empty list ends nobody's work. */
function endsTransaction(history: History, key: string, element: unknown): boolean {
  if (element === undefined) return true;
  return history.operations.some(
    (one) =>
      microsOf(one).findLast(([f, other]) => f === "append" && other === key)?.[2] === element,
  );
}

/** Two elements change places in one read, while another read has them in the true order. */
const swappedList: Break = (prng, history) => {
  const reads = history.operations.flatMap((operation) =>
    outsideReads(operation).flatMap((at) => {
      const [, key, value] = microsOf(operation)[at] as Micro;
      return Array.isArray(value) && value.length > 1 ? [{ operation, at, key, value }] : [];
    }),
  );
  for (const { operation, at, key, value } of prng.shuffle(reads)) {
    const other = reads.some((one) => one.operation !== operation && one.key === key);
    if (!other || microsOf(operation).filter(([, one]) => one === key).length > 1) continue;
    return withRead(history, operation, at, [value[1], value[0], ...(value.slice(2) as unknown[])]);
  }
  return undefined;
};

/** An element that nobody appended, or one that stands there twice. */
const strangeList: Break = (prng, history) => {
  const operation = prng.pick(history.operations);
  const at = outsideReads(operation)[0];
  if (at === undefined) return undefined;
  const list = ((microsOf(operation)[at] as Micro)[2] ?? []) as unknown[];
  const extra = list.length > 0 && prng.chance(0.5) ? list[0] : 99_999;
  return withRead(history, operation, at, [...list, extra]);
};

/** A register is read as it was before a transaction that had completed when the reader began. */
const staleRegister: Break = (prng, history) => {
  for (const read of prng.shuffle(history.operations)) {
    for (const at of outsideReads(read)) {
      const key = (microsOf(read)[at] as Micro)[1];
      if (microsOf(read).filter(([f, other]) => f === "r" && other === key).length > 1) continue;
      const writers = history.operations.filter((one) =>
        microsOf(one).some(([f, other]) => f === "w" && other === key),
      );
      const newer = writers.find((one) => before(one, read));
      if (!newer) continue;
      const older = writers.find((one) => before(one, newer));
      const value =
        older && microsOf(older).findLast(([f, other]) => f === "w" && other === key)?.[2];
      return withRead(history, read, at, value ?? null);
    }
  }
  return undefined;
};

/** A transaction reads otherwise than it has just written. */
const internalRead: Break = (prng, history) => {
  for (const operation of prng.shuffle(history.operations)) {
    const micros = microsOf(operation);
    const at = micros.findIndex(
      ([f, key], place) =>
        f === "r" && micros.slice(0, place).some(([g, other]) => g === "w" && other === key),
    );
    if (at < 0) continue;
    const key = (micros[at] as Micro)[1];
    const other = history.operations.find(
      (one) => one !== operation && microsOf(one).some(([f, k]) => f === "w" && k === key),
    );
    const value = other && microsOf(other).findLast(([f, k]) => f === "w" && k === key)?.[2];
    if (value !== undefined) return withRead(history, operation, at, value);
  }
  return undefined;
};

function judge(model: string, level: string): (history: History) => string {
  return (history) =>
    findChecker(model, level).check(history, { level, budget: new Budget() }).verdict.result;
}

function engine(model: string, level: string, breaks: readonly Break[]): Subject {
  const write = model === "list-append" ? "append" : "w";
  const make = (prng: Prng): History => serialEngine(prng, write, prng.between(10, 40));
  return {
    name: `${model} at ${level}, serial engine`,
    valid: make,
    broken: (prng) => prng.pick(breaks)(prng, make(prng)),
    judge: judge(model, level),
  };
}

/** A few register transactions as the referee takes them; reads return anything that was written last. */
function smallHistory(prng: Prng): History {
  const history = serialEngine(prng, "w", prng.between(3, 5));
  let changed = history;
  for (const { index } of history.operations) {
    const operation = changed.operations[index] as Operation;
    for (const at of outsideReads(operation)) {
      const key = (microsOf(operation)[at] as Micro)[1];
      // All reads of a key in one transaction must agree, or it contradicts itself.
      if (microsOf(operation).filter(([, other]) => other === key).length > 1) continue;
      if (prng.chance(0.7)) continue;
      const values = finalWrites(changed, key, operation);
      const current = changed.operations[index] as Operation;
      changed = withRead(changed, current, at, prng.pick([null, ...values]));
    }
  }
  return changed;
}

/** What transactions other than `reader` leave in `key`. */
function finalWrites(history: History, key: string, reader: Operation): unknown[] {
  return history.operations.flatMap((one) => {
    if (one.index === reader.index) return [];
    const last = microsOf(one).findLast(([f, other]) => f === "w" && other === key);
    return last ? [last[2]] : [];
  });
}

function toSmall(history: History): Small[] {
  return history.operations.map((one) => ({
    process: one.process as number,
    mops: microsOf(one) as Small["mops"],
    from: one.invokeRank,
    to: one.completeRank,
  }));
}

function refereed(level: string, kind: string, base: Base): Subject {
  const isValid = (history: History): boolean => holds(toSmall(history), kind, base);
  const valid = (prng: Prng): History => {
    for (;;) {
      const history = smallHistory(prng);
      if (isValid(history)) return history;
    }
  };
  return {
    name: `rw-register at ${level}, small`,
    valid,
    broken(prng) {
      const history = valid(prng);
      for (let attempt = 0; attempt < 8; attempt++) {
        const operation = prng.pick(history.operations);
        const at = outsideReads(operation)[0];
        if (at === undefined) continue;
        const key = (microsOf(operation)[at] as Micro)[1];
        if (microsOf(operation).filter(([, other]) => other === key).length > 1) continue;
        const value = prng.pick([null, ...finalWrites(history, key, operation)]);
        const changed = withRead(history, operation, at, value);
        if (!isValid(changed)) return changed;
      }
      return undefined;
    },
    judge: judge("rw-register", level),
  };
}

/** Groups of two keys, each written once; a reader of both sees a chain of states, until one does not. */
const longFork: Subject = {
  name: "long-fork, workload",
  valid: (prng) => forkHistory(prng),
  broken(prng) {
    const history = forkHistory(prng);
    const reads = history.operations.filter((one) => microsOf(one).length > 1);
    const half = reads.find((one) => microsOf(one).filter(([, , v]) => v !== null).length === 1);
    if (!half) return undefined;
    const other = reads.find(
      (one) => one !== half && microsOf(one)[0]?.[1] === microsOf(half)[0]?.[1],
    );
    if (!other) return undefined;
    const opposite = microsOf(half).map(([f, key, value]): Micro => [
      f,
      key,
      value === null ? 1 : null,
    ]);
    return withChanged(history, other, { output: opposite });
  },
  judge: judge("long-fork", "prefix"),
};

function forkHistory(prng: Prng): History {
  const builder = new HistoryBuilder();
  const state = new Map<string, number>();
  const perform = (micros: readonly Micro[]): void => {
    const asked = micros.map(([f, key, value]): Micro => [f, key, f === "r" ? null : value]);
    const index = builder.invoke({ process: prng.below(4), f: "txn", input: asked });
    builder.complete(index, "ok", { output: micros });
  };
  for (let group = 0; group < prng.between(2, 6); group++) {
    const [a, b] = [`${group}a`, `${group}b`];
    const read = (): void =>
      perform([a, b].map((key): Micro => ["r", key, state.get(key) ?? null]));
    for (const key of prng.shuffle([a, b])) {
      if (prng.chance(0.7)) read();
      state.set(key, 1);
      perform([["w", key, 1]]);
    }
    read();
    read();
  }
  return builder.finish();
}

const appendBreaks = [abortWriter, swappedList, strangeList];

/** Every subject of this file. */
export const transactionSubjects: readonly Subject[] = [
  engine("list-append", "strict-serializable", [...appendBreaks, staleList]),
  engine("list-append", "strong-snapshot-isolation", [...appendBreaks, staleList]),
  engine("list-append", "strong-session-serializable", [...appendBreaks, ownListMissed]),
  engine("list-append", "strong-session-snapshot-isolation", [...appendBreaks, ownListMissed]),
  engine("list-append", "serializable", [...appendBreaks, fracturedList]),
  engine("list-append", "snapshot-isolation", [...appendBreaks, fracturedList]),
  engine("list-append", "causal-cerone", [...appendBreaks, fracturedList]),
  engine("list-append", "read-atomic", [...appendBreaks, fracturedList]),
  engine("list-append", "read-committed", appendBreaks),
  engine("rw-register", "strict-serializable", [abortWriter, staleRegister, internalRead]),
  engine("rw-register", "strong-snapshot-isolation", [abortWriter, staleRegister, internalRead]),
  engine("rw-register", "serializable", [abortWriter, internalRead]),
  engine("rw-register", "read-atomic", [abortWriter, internalRead]),
  ...registerRules.map(({ level, weak, order, precedence }) =>
    refereed(level, (weak ?? order) as string, precedence as Base),
  ),
  longFork,
];
