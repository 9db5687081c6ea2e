/**
 * The referee: decides every weak level for tiny histories straight from its definition, by trying all
 * orders. It shares no code with the checkers and is as plain as can be.
 */
import type { History, Operation } from "../../src/history/operation.ts";

interface Item {
  readonly id: number;
  readonly session: string;
  readonly write: boolean;
  readonly key: string;
  readonly value: unknown;
  readonly operation: Operation;
}

/** Whether `before` must come before `after` by the order of their session. */
function inSession(before: Item, after: Item): boolean {
  return (
    before.session === after.session && before.operation.completeRank < after.operation.invokeRank
  );
}

/** All permutations of `items` that respect `before`, as a search that may stop early. */
function someOrder(
  items: readonly Item[],
  before: (a: Item, b: Item) => boolean,
  accept: (prefix: readonly Item[]) => boolean,
): boolean {
  const order: Item[] = [];
  const left = new Set(items);
  const extend = (): boolean => {
    if (left.size === 0) return true;
    const candidates = [...left];
    for (const item of candidates) {
      if (candidates.some((other) => other !== item && before(other, item))) continue;
      order.push(item);
      left.delete(item);
      if (accept(order) && extend()) return true;
      left.add(item);
      order.pop();
    }
    return false;
  };
  return extend();
}

/** Whether the last of `prefix`, if it is a read that counts, returned the last write of its key. */
function legal(prefix: readonly Item[], counts: (item: Item) => boolean): boolean {
  const last = prefix.at(-1) as Item;
  if (last.write || !counts(last)) return true;
  const write = prefix.findLast((item) => item.write && item.key === last.key);
  return (write?.value ?? null) === last.value;
}

/** A reading: which write each read read (`undefined`: the initial value). */
type Reading = ReadonlyMap<Item, Item | undefined>;

function* readings(items: readonly Item[]): Generator<Reading> {
  const reads = items.filter(({ write }) => !write);
  const options = reads.map((read): (Item | undefined)[] => {
    const writes = items.filter(
      (item) => item.write && item.key === read.key && item.value === read.value,
    );
    return read.value === null ? [...writes, undefined] : writes;
  });
  function* from(at: number, chosen: Map<Item, Item | undefined>): Generator<Reading> {
    const read = reads[at];
    if (!read) {
      yield new Map(chosen);
      return;
    }
    for (const option of options[at] as (Item | undefined)[]) {
      chosen.set(read, option);
      yield* from(at + 1, chosen);
    }
  }
  yield* from(0, new Map());
}

/** The causal order of a reading; `undefined` if circular. */
function causality(
  items: readonly Item[],
  reading: Reading,
): ((a: Item, b: Item) => boolean) | undefined {
  const size = items.length;
  const reach = items.map((a) =>
    items.map((b) => inSession(a, b) || (!b.write && reading.get(b) === a)),
  );
  for (let middle = 0; middle < size; middle++) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        if (reach[a]?.[middle] && reach[middle]?.[b]) (reach[a] as boolean[])[b] = true;
      }
    }
  }
  if (items.some((_, at) => reach[at]?.[at])) return undefined;
  const place = new Map(items.map((item, at) => [item, at]));
  return (a, b) => reach[place.get(a) as number]?.[place.get(b) as number] ?? false;
}

function causal(items: readonly Item[], reading: Reading): boolean {
  const co = causality(items, reading);
  if (!co) return false;
  return items.every((item) => {
    const past = items.filter((other) => other === item || co(other, item));
    const counts = (other: Item): boolean => other === item || inSession(other, item);
    return someOrder(past, co, (prefix) => legal(prefix, counts));
  });
}

function weakCausal(items: readonly Item[], reading: Reading): boolean {
  const co = causality(items, reading);
  if (!co) return false;
  return items.every((item) => {
    const past = items.filter((other) => other === item || co(other, item));
    return someOrder(past, co, (prefix) => legal(prefix, (other) => other === item));
  });
}

function convergent(items: readonly Item[], reading: Reading): boolean {
  const co = causality(items, reading);
  if (!co) return false;
  return someOrder(items, co, (prefix) => {
    const last = prefix.at(-1) as Item;
    if (last.write) return true;
    const seen = prefix.filter((item) => item.write && item.key === last.key && co(item, last));
    return seen.at(-1)?.value === reading.get(last)?.value;
  });
}

/** Each session alone: is there an order of versions for each key in which all its demands are met? */
function guaranteed(
  items: readonly Item[],
  reading: Reading,
  included: (read: Item) => readonly Item[],
): boolean {
  const sessions = new Set(items.map(({ session }) => session));
  const keys = new Set(items.map(({ key }) => key));
  for (const session of sessions) {
    for (const key of keys) {
      const writes = items.filter((item) => item.write && item.key === key);
      const reads = items.filter(
        (item) => !item.write && item.key === key && item.session === session,
      );
      const met = (order: readonly Item[]): boolean =>
        reads.every((read) => {
          const source = reading.get(read);
          return included(read).every(
            (write) =>
              write.key !== key ||
              (source !== undefined && order.indexOf(write) <= order.indexOf(source)),
          );
        });
      if (!someOrder(writes, inSession, (prefix) => prefix.length < writes.length || met(prefix))) {
        return false;
      }
    }
  }
  return true;
}

function includedBy(level: string, items: readonly Item[], reading: Reading) {
  const writesBefore = (item: Item): Item[] =>
    items.filter((other) => other.write && inSession(other, item));
  const readsBefore = (item: Item): Item[] =>
    items.filter((other) => !other.write && inSession(other, item));
  const seenBy = (read: Item): Item[] =>
    [...readsBefore(read), read].flatMap((one) => reading.get(one) ?? []);
  return (read: Item): readonly Item[] => {
    if (level === "read-your-writes") return writesBefore(read);
    if (level === "monotonic-reads")
      return readsBefore(read).flatMap((one) => reading.get(one) ?? []);
    if (level === "monotonic-writes") return seenBy(read).flatMap(writesBefore);
    const found = new Set<Item>();
    const todo = seenBy(read);
    const done = new Set<Item>();
    for (let write = todo.pop(); write; write = todo.pop()) {
      if (done.has(write)) continue;
      done.add(write);
      for (const earlier of readsBefore(write)) {
        const source = reading.get(earlier);
        if (!source) continue;
        found.add(source);
        todo.push(source);
      }
    }
    return [...found];
  };
}

/** Every subset of the operations that nobody knows to have happened, with all that are known to have. */
function* possibleItems(history: History): Generator<Item[]> {
  const known = history.operations.filter(({ outcome }) => outcome === "ok");
  const unsure = history.operations.filter(({ outcome, f }) => outcome === "info" && f === "write");
  for (let choice = 0; choice < 1 << unsure.length; choice++) {
    const operations = [...known, ...unsure.filter((_, bit) => (choice >> bit) & 1)];
    yield operations.map((operation, id) => ({
      id,
      session: String(operation.session ?? operation.process),
      write: operation.f === "write",
      key: String(operation.key ?? ""),
      value: (operation.f === "write" ? operation.input : operation.output) ?? null,
      operation,
    }));
  }
}

function holdsFor(items: readonly Item[], level: string): boolean {
  if (level === "sequential") {
    return someOrder(items, inSession, (prefix) => legal(prefix, () => true));
  }
  if (level === "linearizable") {
    const realTime = (a: Item, b: Item): boolean =>
      a.operation.completeRank < b.operation.invokeRank;
    return someOrder(items, realTime, (prefix) => legal(prefix, () => true));
  }
  if (level === "PRAM") {
    return [...new Set(items.map(({ session }) => session))].every((session) => {
      const view = items.filter((item) => item.write || item.session === session);
      return someOrder(view, inSession, (prefix) => legal(prefix, () => true));
    });
  }
  for (const reading of readings(items)) {
    if (level === "causal" && causal(items, reading)) return true;
    if (level === "weak-causal" && weakCausal(items, reading)) return true;
    if (level === "causal-convergence" && convergent(items, reading)) return true;
    if (["causal", "weak-causal", "causal-convergence"].includes(level)) continue;
    if (guaranteed(items, reading, includedBy(level, items, reading))) return true;
  }
  return false;
}

/** Whether a tiny history of reads and writes satisfies `level`. */
export function refereeSays(history: History, level: string): boolean {
  for (const items of possibleItems(history)) if (holdsFor(items, level)) return true;
  return false;
}

/** The same for a bound of `versions`: some real-time order in which reads return one of the last ones. */
export function refereeSaysStale(history: History, versions: number): boolean {
  const realTime = (a: Item, b: Item): boolean => a.operation.completeRank < b.operation.invokeRank;
  for (const items of possibleItems(history)) {
    const fits = someOrder(items, realTime, (prefix) => {
      const last = prefix.at(-1) as Item;
      if (last.write) return true;
      const newest = prefix.filter((item) => item.write && item.key === last.key).slice(-versions);
      if (newest.some(({ value }) => value === last.value)) return true;
      return newest.length < versions && last.value === null;
    });
    if (fits) return true;
  }
  return false;
}
