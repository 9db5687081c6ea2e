/**
 * Prepares a history for the search: operations become small integers, equal ones share a kind, states and
 * transitions are computed once, and the operations that are open at the same time get different bits of a
 * word.
 */
import type { Operation } from "../../history/operation.ts";
import { keyOf, type Model } from "./model.ts";

/** Denotes that there is no next state: the operation cannot have had its answer. */
export const impossible = -1;
const unknownTransition = -2;
/** The maximum number of cached transitions. Beyond it the cache is emptied. */
const transitionsMax = 1 << 22;

/** States as small integers, with a cache of the transition of each kind of operation in each state. */
export class Machine<State = unknown> {
  readonly #model: Model<State>;
  readonly #kinds: readonly Operation[];
  readonly #states: State[] = [];
  readonly #byHash = new Map<string | number, number | number[]>();
  #keys: Float64Array = new Float64Array(1 << 8).fill(-1);
  #values: Int32Array = new Int32Array(1 << 8);
  #filled = 0;

  constructor(model: Model<State>, kinds: readonly Operation[]) {
    this.#model = model;
    this.#kinds = kinds;
  }

  /** The number of states seen. */
  get size(): number {
    return this.#states.length;
  }

  /** The approximate size of its tables in bytes, without the model's states. */
  get bytes(): number {
    return this.#keys.byteLength + this.#values.byteLength + this.#states.length * 64;
  }

  /** Returns the small integer of a state. */
  intern(state: State): number {
    const model = this.#model;
    const hash = model.hash ? model.hash(state) : model.equal ? 0 : keyOf(state);
    const found = this.#byHash.get(hash);
    if (found === undefined) {
      this.#byHash.set(hash, this.#states.length);
      return this.#states.push(state) - 1;
    }
    if (!model.equal) return found as number;
    const bucket = typeof found === "number" ? [found] : found;
    for (const id of bucket) if (model.equal(this.#states[id] as State, state)) return id;
    const id = this.#states.push(state) - 1;
    bucket.push(id);
    this.#byHash.set(hash, bucket);
    return id;
  }

  /** Returns the state of a small integer. */
  state(id: number): State {
    return this.#states[id] as State;
  }

  /** The state after an operation of `kind` in the state `id`; `impossible` if there is none. */
  step(id: number, kind: number): number {
    const key = id * this.#kinds.length + kind;
    const mask = this.#keys.length - 1;
    let slot = (Math.imul(id, 0x9e3779b1) ^ Math.imul(kind, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    for (let held = this.#keys[slot]; held !== -1; held = this.#keys[slot]) {
      if (held === key) return this.#values[slot] as number;
      slot = (slot + 1) & mask;
    }
    const next = this.#model.step(this.#states[id] as State, this.#kinds[kind] as Operation);
    const value = next === undefined ? impossible : this.intern(next.state);
    this.#keys[slot] = key;
    this.#values[slot] = value;
    if (++this.#filled * 2 > this.#keys.length) this.#grow();
    return value;
  }

  #grow(): void {
    const { length } = this.#keys;
    this.#filled = 0;
    if (length >= transitionsMax) {
      this.#keys.fill(-1);
      return;
    }
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(length * 4).fill(-1);
    this.#values = new Int32Array(length * 4).fill(unknownTransition);
    const mask = length * 4 - 1;
    const kinds = this.#kinds.length;
    for (let i = 0; i < length; i++) {
      const key = keys[i] as number;
      if (key === -1) continue;
      const id = Math.floor(key / kinds);
      let slot = (Math.imul(id, 0x9e3779b1) ^ Math.imul(key - id * kinds, 0x85ebca6b)) >>> 0;
      slot = (slot ^ (slot >>> 15)) & mask;
      while (this.#keys[slot] !== -1) slot = (slot + 1) & mask;
      this.#keys[slot] = key;
      this.#values[slot] = values[i] as number;
      this.#filled++;
    }
  }
}

/** A prepared history. All arrays are indexed by position in `operations`. */
export interface Plan<State = unknown> {
  readonly model: Model<State>;
  readonly machine: Machine<State>;
  readonly operations: readonly Operation[];
  readonly kindOf: Int32Array;
  /** By kind: whether it is a blind write. */
  readonly overwrites: Uint8Array;
  /** By kind: whether it never changes any state. */
  readonly readOnly: Uint8Array;
  /** By kind: whether it changes every state. */
  readonly changes: Uint8Array;
  /** The bit that the operation has while it is open. */
  readonly slotOf: Int32Array;
  /** The maximum number of bits needed. */
  readonly slots: number;
  /** Invocations (`i * 2`) and returns (`i * 2 + 1`) in order. */
  readonly events: Int32Array;
  /** Kinds that may be applied at any time and any number of times. */
  readonly ambient: readonly number[];
}

/** Further options of {@link plan}. */
export interface PlanOptions {
  /** Operations that may have happened at any time and any number of times, or never. */
  readonly ambient?: readonly Operation[];
}

/** Prepares `operations` (in order of invocation) for the search. */
export function plan<State>(
  model: Model<State>,
  operations: readonly Operation[],
  options: PlanOptions = {},
): Plan<State> {
  const kept = operations.filter(
    ({ outcome }, i) =>
      outcome === "ok" || (outcome === "info" && !model.readOnly?.(operations[i] as Operation)),
  );
  const kinds: Operation[] = [];
  const kindByKey = new Map<string | number, number>();
  const kindOfOperation = (operation: Operation): number => {
    const key = model.kind ? model.kind(operation) : generalKind(operation);
    let kind = kindByKey.get(key);
    if (kind === undefined) {
      kind = kinds.length;
      kinds.push(operation);
      kindByKey.set(key, kind);
    }
    return kind;
  };
  const kindOf = Int32Array.from(kept, kindOfOperation);
  const ambient = [
    ...new Set(
      (options.ambient ?? [])
        .filter((operation) => !model.readOnly?.(operation))
        .map(kindOfOperation),
    ),
  ];
  const overwrites = Uint8Array.from(kinds, (operation) => (model.overwrites?.(operation) ? 1 : 0));
  const readOnly = Uint8Array.from(kinds, (operation) => (model.readOnly?.(operation) ? 1 : 0));
  const changes = Uint8Array.from(kinds, (operation) => (model.changes?.(operation) ? 1 : 0));
  const events = eventsOf(kept);
  const { slotOf, slots } = slotsOf(events, kept.length);
  const machine = new Machine(model, kinds);
  return {
    model,
    machine,
    operations: kept,
    kindOf,
    overwrites,
    readOnly,
    changes,
    slotOf,
    slots,
    events,
    ambient,
  };
}

function generalKind({ f, input, output, outcome }: Operation): string {
  return `${f} ${keyOf(input)} ${outcome === "ok" || output !== undefined ? keyOf(output) : "?"}`;
}

function eventsOf(operations: readonly Operation[]): Int32Array {
  // Rank and event share a number, so that plain numbers are sorted: ranks are whole, and small enough for
  // both to fit into 53 bits.
  const span = operations.length * 2;
  const sorted = new Float64Array(span);
  let count = 0;
  for (let i = 0; i < operations.length; i++) {
    const { invokeRank, completeRank, outcome } = operations[i] as Operation;
    sorted[count++] = invokeRank * span + i * 2;
    if (outcome === "ok") sorted[count++] = completeRank * span + i * 2 + 1;
  }
  const events = sorted.subarray(0, count).sort();
  return Int32Array.from(events, (mixed) => mixed % span);
}

/** Assigns each operation the lowest bit that is free at its invocation. */
function slotsOf(events: Int32Array, count: number): { slotOf: Int32Array; slots: number } {
  const slotOf = new Int32Array(count);
  const free: number[] = [];
  let slots = 0;
  for (const event of events) {
    const i = event >> 1;
    if ((event & 1) === 0) slotOf[i] = free.pop() ?? slots++;
    else free.push(slotOf[i] as number);
  }
  return { slotOf, slots };
}
