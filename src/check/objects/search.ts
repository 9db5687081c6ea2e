/**
 * The general search for a linearization, for objects without a specialist.
 *
 * It processes the history's events in order and keeps all configurations that are possible so far, like
 * Lowe's just-in-time linearization ("Testing for linearizability", 2017): operations are taken only when
 * one whose effect is outstanding returns. The following rules keep the number of configurations small:
 *
 * - an operation that leaves a state unchanged (such as a read of the current value) is taken for free;
 * - so is a blind write that is open while another blind write is taken: it may have come directly before.
 *   Free operations stay usable, because nothing depends on when they happened;
 * - of open operations of one kind, the one that returns first is taken first;
 * - a configuration with more outstanding effects and fewer unused operations than another in the
 *   same state is dropped (`front.ts`).
 *
 * Each of the four is an exchange argument: any linearization on a dropped branch can be converted to one
 * on a kept branch. A beam that widens in steps finds the linearization of a valid history early. Only a
 * walk that dropped nothing because of the beam's width proves that there is none.
 */
import type { Budget } from "../budget.ts";
import { Front } from "./front.ts";
import { impossible, type Plan } from "./plan.ts";
import { inSequence } from "./sequence.ts";

/** A configuration at one moment of the search: a state, and the progress of the open operations. */
export interface Moment {
  readonly state: number;
  /** Open operations (by position in the plan) that have been taken. */
  readonly used: readonly number[];
  /** Open operations without an outstanding effect that are still unused. */
  readonly free: readonly number[];
}

/** The result of the search. */
export type SearchResult =
  | { readonly result: "linearizable"; readonly configurations: number }
  | {
      readonly result: "not";
      /** The operation (by position in the plan) that cannot return: no configuration is left. */
      readonly at: number;
      /** The possible states of the object at that point. */
      readonly states: readonly number[];
      /**
       * By event (its position in the plan), the configurations that were possible before it, from
       * `watchFrom` on.
       */
      readonly watched: ReadonlyMap<number, readonly Moment[]>;
      readonly configurations: number;
    }
  | {
      readonly result: "unknown";
      readonly why: string;
      /** The number of returns, from the first on, that can be explained. */
      readonly returns: number;
    };

/** The maximum number of configurations kept, for each successive walk. */
const beamWidths = [256, 1_024, 8_192, 65_536, 1 << 20, 1 << 23];

/**
 * Searches for a linearization. `starts`: the possible initial states. `watchFrom`: the event from which on
 * the possible states are recorded.
 */
export function search(
  plan: Plan<never>,
  starts: readonly number[],
  budget: Budget,
  watchFrom: number = Infinity,
): SearchResult {
  return new Search(plan, starts, budget, watchFrom).advance(Infinity) as SearchResult;
}

/** A search that can be interrupted and resumed, so that several can run in turns. */
export class Search {
  readonly #plan: Plan<never>;
  readonly #starts: readonly number[];
  readonly #budget: Budget;
  readonly #watchFrom: number;
  #walk: Walk | undefined;
  #widths = 0;
  #returns = 0;

  constructor(
    plan: Plan<never>,
    starts: readonly number[],
    budget: Budget,
    watchFrom: number = Infinity,
  ) {
    this.#plan = plan;
    this.#starts = starts;
    this.#budget = budget;
    this.#watchFrom = watchFrom;
  }

  /**
   * Continues for `steps` configurations, and to the end of the current return. Returns the result, or
   * `undefined` if it has not finished.
   */
  advance(steps: number): SearchResult | undefined {
    const plan = this.#plan;
    if (!this.#walk && plan.slots <= 1 && inSequence(plan, this.#starts, this.#budget)) {
      return { result: "linearizable", configurations: plan.operations.length };
    }
    for (let left = steps; this.#widths < beamWidths.length; this.#widths++) {
      const width = beamWidths[this.#widths] as number;
      this.#walk ??= new Walk(plan, this.#starts, this.#budget, width, this.#watchFrom);
      const walk = this.#walk;
      const before = walk.steps;
      const found = walk.run(left);
      if (!found) return undefined;
      left -= walk.steps - before;
      this.#returns = Math.max(this.#returns, walk.returns);
      if (found.result === "unknown") return { ...found, returns: this.#returns };
      if (found.result !== "not" || !walk.narrowed) return found;
      this.#walk = undefined;
    }
    const why = `more than ${beamWidths.at(-1)} ways to order the operations are open at once`;
    return { result: "unknown", why, returns: this.#returns };
  }

  /** The number of returns, from the first on, that the search could explain so far. */
  get returns(): number {
    return Math.max(this.#returns, this.#walk?.returns ?? 0);
  }

  /** The approximate memory in bytes. */
  get bytes(): number {
    return this.#plan.machine.bytes + (this.#walk?.bytes ?? 0);
  }
}

/** One walk over the events. */
class Walk {
  readonly #plan: Plan<never>;
  readonly #budget: Budget;
  readonly #width: number;
  readonly #watchFrom: number;
  readonly #watched = new Map<number, readonly Moment[]>();
  readonly #words: number;
  /** Open operations by kind, ordered by return; those that never return come last. */
  readonly #open: number[][] = [];
  /** Kinds with an open operation. */
  readonly #openKinds: number[] = [];
  #front: Front;
  #nextFront: Front;
  readonly #closure: Front;
  readonly #scratch: Int32Array;
  /** By state: the open operations that leave it unchanged, computed once for each event. */
  #idle: Int32Array;
  #idleStamp: Int32Array = new Int32Array(64);
  #moment = 0;
  /** The bits of open blind writes, kept up to date. */
  readonly #overwriting: Int32Array;
  /** Whether a configuration was dropped because of the width of the beam. */
  narrowed = false;
  /** The number of returns passed. */
  returns = 0;
  /** The number of configurations examined. */
  steps = 0;
  /** The next event. */
  #event = 0;
  #configurations = 0;

  constructor(
    plan: Plan<never>,
    starts: readonly number[],
    budget: Budget,
    width: number,
    watchFrom: number,
  ) {
    this.#watchFrom = watchFrom;
    this.#plan = plan;
    this.#budget = budget;
    this.#width = width;
    this.#words = Math.max(1, Math.ceil(plan.slots / 32));
    this.#front = new Front(this.#words);
    this.#nextFront = new Front(this.#words);
    this.#closure = new Front(this.#words);
    this.#scratch = new Int32Array(this.#front.stride);
    this.#overwriting = new Int32Array(this.#words);
    this.#idle = new Int32Array(this.#idleStamp.length * this.#words);
    for (const state of starts) {
      this.#scratch.fill(0);
      this.#scratch[0] = state;
      this.#front.add(this.#scratch, 0);
    }
  }

  /** Continues for `steps` configurations. Returns `undefined` if it has not finished. */
  run(steps: number): SearchResult | undefined {
    const { events } = this.#plan;
    const stop = this.steps + steps;
    for (; this.#event < events.length; this.#event++) {
      if (this.steps >= stop) return undefined;
      const e = this.#event;
      const event = events[e] as number;
      const i = event >> 1;
      if ((event & 1) === 0) {
        this.#invoke(i);
        continue;
      }
      this.#moment++;
      if (e >= this.#watchFrom) this.#watched.set(e, this.#moments());
      if (!this.#return(i)) {
        const why = this.#budget.why ?? "the budget was spent";
        return { result: "unknown", why, returns: this.returns };
      }
      this.#configurations += this.#nextFront.live;
      const swap = this.#front;
      this.#front = this.#nextFront;
      this.#nextFront = swap;
      this.#retire(i);
      if (this.#front.live === 0) {
        const watched = this.#watched;
        const states = this.#lastStates();
        return { result: "not", at: i, states, watched, configurations: this.#configurations };
      }
      this.returns++;
      if (this.#front.live > this.#width) this.#narrow();
    }
    return { result: "linearizable", configurations: this.#configurations };
  }

  /** The size in bytes, without the last recorded moment. */
  get bytes(): number {
    const { bytes } = this.#front;
    return bytes + this.#nextFront.bytes + this.#closure.bytes + this.#idle.byteLength;
  }

  /** The states reached before a return that no configuration survived. */
  #lastStates(): number[] {
    const states = new Set<number>();
    for (const front of [this.#nextFront, this.#closure]) {
      for (let c = 0; c < front.count; c++) {
        const state = front.data[c * front.stride] as number;
        if (state !== -1) states.add(state);
      }
    }
    return [...states];
  }

  #moments(): Moment[] {
    const { data, count, stride } = this.#front;
    const { slotOf } = this.#plan;
    const open = this.#openKinds.flatMap((kind) => this.#open[kind] as number[]);
    const moments: Moment[] = [];
    for (let at = 0; at < count * stride; at += stride) {
      const state = data[at] as number;
      if (state === -1) continue;
      const has = (words: number, i: number): boolean => {
        const slot = slotOf[i] as number;
        return (((data[at + 1 + words + (slot >> 5)] as number) >>> (slot & 31)) & 1) === 1;
      };
      const used = open.filter((i) => has(this.#words, i));
      const free = open.filter((i) => has(0, i) && !has(this.#words, i));
      moments.push({ state, used, free });
    }
    return moments;
  }

  #invoke(i: number): void {
    const { kindOf, overwrites, slotOf, operations } = this.#plan;
    const kind = kindOf[i] as number;
    const open = (this.#open[kind] ??= []);
    if (open.length === 0) this.#openKinds.push(kind);
    const deadline = operations[i]?.completeRank as number;
    let at = open.length;
    while (at > 0 && (operations[open[at - 1] as number]?.completeRank as number) > deadline) at--;
    open.splice(at, 0, i);
    if (overwrites[kind]) {
      const slot = slotOf[i] as number;
      this.#overwriting[slot >> 5] = (this.#overwriting[slot >> 5] as number) | (1 << (slot & 31));
    }
  }

  /** Removes the returned operation from the open ones. */
  #retire(i: number): void {
    const { kindOf, slotOf } = this.#plan;
    const kind = kindOf[i] as number;
    const open = this.#open[kind] as number[];
    open.splice(open.indexOf(i), 1);
    if (open.length === 0) this.#openKinds.splice(this.#openKinds.indexOf(kind), 1);
    const slot = slotOf[i] as number;
    this.#overwriting[slot >> 5] = (this.#overwriting[slot >> 5] as number) & ~(1 << (slot & 31));
  }

  /** Advances every configuration past the return of `i`. Returns false if the budget is spent. */
  #return(i: number): boolean {
    const { machine, kindOf, slotOf, readOnly, changes } = this.#plan;
    const front = this.#front;
    const next = this.#nextFront;
    const { stride } = front;
    const kind = kindOf[i] as number;
    const slot = slotOf[i] as number;
    const word = 1 + (slot >> 5);
    const bit = 1 << (slot & 31);
    next.clear();
    this.#closure.clear();
    for (let c = 0, at = 0; c < front.count; c++, at += stride) {
      const state = front.data[at] as number;
      if (state === -1) continue;
      this.steps++;
      if (this.#budget.spent()) return false;
      const owesNothing = ((front.data[at + word] as number) & bit) !== 0;
      const used = ((front.data[at + word + this.#words] as number) & bit) !== 0;
      const passes = owesNothing || (changes[kind] === 0 && machine.step(state, kind) === state);
      if (passes) this.#pass(front.data, at, word, bit);
      // An operation without an outstanding effect that is still unused may be used now, for the last time.
      if (!passes || (!used && readOnly[kind] === 0)) {
        this.#closure.add(this.#withIdle(front.data, at), 0);
      }
    }
    return this.#close(i, word, bit);
  }

  /** Copies the configuration at `at` to the scratch buffer, with the free operations of its state taken. */
  #withIdle(from: Int32Array, at: number): Int32Array {
    const scratch = this.#scratch;
    scratch.set(from.subarray(at, at + scratch.length));
    const words = this.#words;
    const idle = this.#idleOf(scratch[0] as number);
    for (let w = 0; w < words; w++) {
      scratch[1 + w] = (scratch[1 + w] as number) | (this.#idle[idle + w] as number);
    }
    return scratch;
  }

  /**
   * Keeps a configuration in which the effect of the returning operation is not outstanding, and frees its
   * bit.
   */
  #pass(from: Int32Array, at: number, word: number, bit: number): void {
    const scratch = this.#withIdle(from, at);
    scratch[word] = (scratch[word] as number) & ~bit;
    scratch[word + this.#words] = (scratch[word + this.#words] as number) & ~bit;
    this.#nextFront.add(scratch, 0);
  }

  /** Takes operations, shortest sequences first, until the returning one is among them. */
  #close(returning: number, word: number, bit: number): boolean {
    const closure = this.#closure;
    const { stride } = closure;
    for (let c = 0; c < closure.count; c++) {
      this.steps++;
      if (this.#budget.spent() || !closure.fits(closure.count + 64, this.#budget)) return false;
      if (closure.count > this.#width * 8) {
        this.narrowed = true;
        return true;
      }
      if (closure.data[c * stride] === -1) continue;
      for (let k = 0; k < this.#openKinds.length; k++) {
        this.#takeOfKind(c * stride, this.#openKinds[k] as number, returning, word, bit);
      }
      for (const kind of this.#plan.ambient) {
        this.#take(c * stride, kind, -1, returning, word, bit);
      }
    }
    return true;
  }

  /**
   * Takes the first unused operation of a kind. If its effect is not outstanding, also takes the first one
   * whose effect is.
   */
  #takeOfKind(at: number, kind: number, returning: number, word: number, bit: number): void {
    const { slotOf } = this.#plan;
    const words = this.#words;
    const open = this.#open[kind] as number[];
    let found = false;
    for (let j = 0; j < open.length; j++) {
      const slot = slotOf[open[j] as number] as number;
      const mask = 1 << (slot & 31);
      const { data } = this.#closure;
      if (((data[at + 1 + words + (slot >> 5)] as number) & mask) !== 0) continue;
      const owes = ((data[at + 1 + (slot >> 5)] as number) & mask) === 0;
      if (!found || owes) this.#take(at, kind, open[j] as number, returning, word, bit);
      found = true;
      if (owes) return;
    }
  }

  /** Takes one operation (no specific one if `i` is -1) in the closure's configuration at `at`. */
  #take(at: number, kind: number, i: number, returning: number, word: number, bit: number): void {
    const { machine, slotOf, overwrites, readOnly, changes, kindOf } = this.#plan;
    const { data } = this.#closure;
    const state = data[at] as number;
    const next = machine.step(state, kind);
    if (next === impossible || next === state) return;
    const words = this.#words;
    const scratch = this.#scratch;
    scratch.set(data.subarray(at, at + scratch.length));
    scratch[0] = next;
    if (overwrites[kind]) {
      for (let w = 0; w < words; w++) {
        scratch[1 + w] = (scratch[1 + w] as number) | (this.#overwriting[w] as number);
      }
    }
    if (i !== -1) {
      const slot = slotOf[i] as number;
      const mask = 1 << (slot & 31);
      const w = 1 + (slot >> 5);
      scratch[w] = (scratch[w] as number) | mask;
      scratch[w + words] = (scratch[w + words] as number) | mask;
    }
    // Just in time: the sequence ends with the returning operation; later operations can wait.
    const ending = kindOf[returning] as number;
    const done = i === returning || (changes[ending] === 0 && machine.step(next, ending) === next);
    // If it changed nothing, it may still be used later in the sequence with an effect.
    const goesOn = i !== returning && readOnly[ending] === 0;
    if (!done || goesOn) this.#closure.add(this.#withIdle(scratch, 0), 0);
    if (done) this.#pass(scratch, 0, word, bit);
  }

  /** The position in `#idle` of the operations that leave `state` unchanged. */
  #idleOf(state: number): number {
    const words = this.#words;
    if (state >= this.#idleStamp.length) this.#growIdle(state);
    const at = state * words;
    if (this.#idleStamp[state] === this.#moment) return at;
    this.#idleStamp[state] = this.#moment;
    const idle = this.#idle;
    const { machine, slotOf, changes } = this.#plan;
    idle.fill(0, at, at + words);
    for (const kind of this.#openKinds) {
      if (changes[kind] === 1 || machine.step(state, kind) !== state) continue;
      for (const i of this.#open[kind] as number[]) {
        const slot = slotOf[i] as number;
        idle[at + (slot >> 5)] = (idle[at + (slot >> 5)] as number) | (1 << (slot & 31));
      }
    }
    return at;
  }

  #growIdle(state: number): void {
    const length = Math.max(this.#idleStamp.length * 4, state + 1);
    const stamp = new Int32Array(length);
    stamp.set(this.#idleStamp);
    this.#idleStamp = stamp;
    const idle = new Int32Array(length * this.#words);
    idle.set(this.#idle);
    this.#idle = idle;
  }

  /**
   * Keeps the most promising configurations: those with the fewest outstanding effects and the most unused
   * operations.
   */
  #narrow(): void {
    this.narrowed = true;
    const front = this.#front;
    const words = this.#words;
    const scores: number[] = [];
    for (let c = 0, at = 0; c < front.count; c++, at += front.stride) {
      if (front.data[at] === -1) continue;
      let score = 0;
      for (let w = 1; w <= words; w++) {
        score +=
          bitCount(front.data[at + words + w] as number) -
          2 * bitCount(front.data[at + w] as number);
      }
      scores.push(score * 0x1000000 + c);
    }
    scores.sort((a, b) => a - b);
    const kept = this.#nextFront;
    kept.clear();
    for (let k = 0; k < this.#width / 2; k++) {
      const c = (((scores[k] as number) % 0x1000000) + 0x1000000) % 0x1000000;
      kept.add(front.data, c * front.stride);
    }
    this.#nextFront = front;
    this.#front = kept;
  }
}

function bitCount(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
