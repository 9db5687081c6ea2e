/**
 * The view of a history that the weak levels use: reads and writes of single keys, each on a lane of its
 * session.
 *
 * A lane is a chain of accesses in order. A session's answered operations form one lane. A write without an
 * answer (`info`) has its own lane, which follows its session's earlier operations and precedes nothing: it
 * may take effect after the session's next operations.
 */
import { LightconeError } from "../../base/errors.ts";
import type { Operation } from "../../history/operation.ts";
import { keyOf } from "../objects/model.ts";

/** In `readsFrom`: the read returned the initial value. */
export const INITIAL = -1;
/** In `readsFrom`: no write wrote the value that the read returned. */
export const UNWRITTEN = -2;
/** In `readsFrom`: several writes, or a write and the initial value, match; see `candidates`. */
export const AMBIGUOUS = -3;

/** One read or write, before it is assigned to a lane. */
export interface RawAccess {
  readonly operation: Operation;
  readonly write: boolean;
  readonly key: unknown;
  readonly value: unknown;
}

/** Reads and writes in columns. An access is an index into them, in order of invocation. */
export interface Accesses {
  readonly count: number;
  /** 1 for a write. */
  readonly isWrite: Uint8Array;
  /** Index into `keys`. */
  readonly key: Int32Array;
  /** Index into `values`. */
  readonly value: Int32Array;
  readonly lane: Int32Array;
  /** Its position on its lane: 0, 1, 2, ... */
  readonly place: Int32Array;
  /** For a read: the write it read, or one of the constants above. For a write: `INITIAL`. */
  readonly readsFrom: Int32Array;
  /** The accesses of each lane, in order. */
  readonly lanes: readonly (readonly number[])[];
  /** Accesses on other lanes of the same session that directly precede an access. */
  readonly predecessors: ReadonlyMap<number, readonly number[]>;
  /** For each ambiguous read: the writes (or `INITIAL`) that it may have read. */
  readonly candidates: ReadonlyMap<number, readonly number[]>;
  readonly operations: readonly Operation[];
  readonly keys: readonly unknown[];
  readonly values: readonly unknown[];
  /** The initial value of each key. */
  readonly initials: readonly unknown[];
}

/** The identity of a value: the value itself if primitive, otherwise its JSON. */
export function identity(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "object" && value !== null) return `json:${keyOf(value)}`;
  return typeof value === "string" ? `text:${value}` : value;
}

/** The session of an operation if it has one, otherwise its process. */
export function sessionOf(operation: Operation): number | string {
  return operation.session ?? operation.process;
}

interface Interned {
  readonly ids: Map<unknown, number>;
  readonly items: unknown[];
}

function intern(table: Interned, item: unknown): number {
  const name = identity(item);
  let id = table.ids.get(name);
  if (id === undefined) {
    id = table.items.length;
    table.ids.set(name, id);
    table.items.push(item);
  }
  return id;
}

/** Numbers keys and values with small integers, so that the following steps work on typed arrays. */
function internAll(raw: readonly RawAccess[]): {
  keys: unknown[];
  values: unknown[];
  keyOf: Int32Array;
  valueOf: Int32Array;
} {
  const keys: Interned = { ids: new Map(), items: [] };
  const values: Interned = { ids: new Map(), items: [] };
  const keyOf = new Int32Array(raw.length);
  const valueOf = new Int32Array(raw.length);
  for (const [at, access] of raw.entries()) {
    keyOf[at] = intern(keys, access.key);
    valueOf[at] = intern(values, access.value);
  }
  return { keys: keys.items, values: values.items, keyOf, valueOf };
}

/**
 * Removes irrelevant operations: reads without an answer, and unanswered operations whose write was never
 * read. The latter may not have happened, and if a history satisfies a level with them, it does so without
 * them.
 */
function keepWhatMatters(raw: readonly RawAccess[]): RawAccess[] {
  const unanswered = new Map<Operation, RawAccess[]>();
  for (const access of raw) {
    if (access.operation.outcome !== "info") continue;
    const own = unanswered.get(access.operation);
    if (own) own.push(access);
    else unanswered.set(access.operation, [access]);
  }
  if (unanswered.size === 0) return [...raw];
  const writersOf = new Map<unknown, Map<unknown, Operation[]>>();
  for (const [operation, own] of unanswered) {
    for (const { write, key, value } of own) {
      if (!write) continue;
      let ofKey = writersOf.get(identity(key));
      if (!ofKey) writersOf.set(identity(key), (ofKey = new Map<unknown, Operation[]>()));
      const ofValue = ofKey.get(identity(value));
      if (ofValue) ofValue.push(operation);
      else ofKey.set(identity(value), [operation]);
    }
  }
  // An unanswered compare-and-set that is known to have happened has also read something.
  const wanted = new Set<Operation>();
  const reads = raw.filter(({ write, operation }) => !write && !unanswered.has(operation));
  for (let read = reads.pop(); read !== undefined; read = reads.pop()) {
    for (const writer of writersOf.get(identity(read.key))?.get(identity(read.value)) ?? []) {
      if (wanted.has(writer)) continue;
      wanted.add(writer);
      for (const access of unanswered.get(writer) as RawAccess[]) {
        if (!access.write) reads.push(access);
      }
    }
  }
  return raw.filter(({ operation }) => !unanswered.has(operation) || wanted.has(operation));
}

/** The lane and position of each access. */
export interface Lanes {
  readonly lane: Int32Array;
  readonly place: Int32Array;
  readonly lanes: number[][];
  readonly predecessors: Map<number, number[]>;
}

/**
 * Assigns each operation to a lane of its session, and computes the order across the lanes of a session. An
 * operation may appear in the list several times in a row, once for each of its accesses.
 */
export function layLanes(all: readonly Operation[]): Lanes {
  const lane = new Int32Array(all.length);
  const place = new Int32Array(all.length);
  const lanes: number[][] = [];
  const predecessors = new Map<number, number[]>();
  const ofSession = new Map<number | string, number[]>();
  let current = -1;
  let previous: Operation | undefined;
  for (const [at, operation] of all.entries()) {
    if (operation !== previous) {
      previous = operation;
      const session = sessionOf(operation);
      let own = ofSession.get(session);
      if (!own) ofSession.set(session, (own = []));
      const before = (tail: number): boolean =>
        (all[tail] as Operation).completeRank < operation.invokeRank;
      const answered = operation.outcome !== "info";
      const busy = own.findLast((number) => !before((lanes[number] as number[]).at(-1) as number));
      if (answered && busy !== undefined) {
        throw overlap(all[(lanes[busy] as number[]).at(-1) as number] as Operation, operation);
      }
      const free = answered
        ? own.find((number) => before((lanes[number] as number[]).at(-1) as number))
        : undefined;
      current = free ?? lanes.length;
      if (free === undefined) lanes.push([]);
      if (own.length > (free === undefined ? 0 : 1)) {
        const others: number[] = [];
        for (const number of own) {
          if (number === current) continue;
          const last = (lanes[number] as number[]).findLast(before);
          if (last !== undefined) others.push(last);
        }
        if (others.length > 0) predecessors.set(at, others);
      }
      if (free === undefined && answered) own.push(current);
    }
    const accesses = lanes[current] as number[];
    lane[at] = current;
    place[at] = accesses.length;
    accesses.push(at);
  }
  return { lane, place, lanes, predecessors };
}

function overlap(a: Operation, b: Operation): LightconeError {
  return new LightconeError(
    "LC_OVERLAPPING_SESSION",
    `operations ${a.index} and ${b.index} of session ${String(sessionOf(b))} overlap`,
    "A session runs one operation at a time: give clients that work side by side sessions of their own.",
  );
}

/**
 * Converts raw accesses (in order of invocation, with those of one operation adjacent) to columns, and
 * finds the write that each read read. `initialOf` returns a key's initial value; `undefined` and `null`
 * are equal.
 */
export function toAccesses(
  all: readonly RawAccess[],
  initialOf: (key: unknown) => unknown,
): Accesses {
  const raw = keepWhatMatters(all);
  const { keys, values, keyOf, valueOf } = internAll(raw);
  const isWrite = Uint8Array.from(raw, ({ write }) => (write ? 1 : 0));
  const writers = new Map<number, number[]>();
  const slot = (key: number, value: number): number => key * values.length + value;
  for (let at = 0; at < raw.length; at++) {
    if (isWrite[at] !== 1) continue;
    const where = slot(keyOf[at] as number, valueOf[at] as number);
    const list = writers.get(where);
    if (list) list.push(at);
    else writers.set(where, [at]);
  }
  const initials = keys.map(initialOf);
  const readsFrom = new Int32Array(raw.length).fill(INITIAL);
  const candidates = new Map<number, readonly number[]>();
  for (let at = 0; at < raw.length; at++) {
    if (isWrite[at] === 1) continue;
    const key = keyOf[at] as number;
    const value = valueOf[at] as number;
    const own = (raw[at] as RawAccess).operation;
    let sources = writers.get(slot(key, value)) ?? [];
    if (sources.some((write) => (raw[write] as RawAccess).operation === own)) {
      // A compare-and-set from a value to the same value does not read its own write.
      sources = sources.filter(
        (write) => (raw[write] as RawAccess).operation !== own || write < at,
      );
    }
    if (identity(values[value]) === identity(initials[key])) sources = [INITIAL, ...sources];
    if (sources.length === 1) readsFrom[at] = sources[0] as number;
    else if (sources.length === 0) readsFrom[at] = UNWRITTEN;
    else {
      readsFrom[at] = AMBIGUOUS;
      candidates.set(at, sources);
    }
  }
  return {
    count: raw.length,
    isWrite,
    key: keyOf,
    value: valueOf,
    ...layLanes(raw.map(({ operation }) => operation)),
    readsFrom,
    candidates,
    operations: raw.map(({ operation }) => operation),
    keys,
    values,
    initials,
  };
}
