/**
 * Searches for one order of all operations that respects every session and explains every answer.
 *
 * Sequential consistency is NP-complete and does not decompose by key. The search is depth-first over the
 * position in each lane, and remembers dead ends. Three measures keep it small. A possible read is taken
 * immediately (it changes nothing, so taking it early is never wrong). Forced orders (`saturation.ts`) are
 * respected. Operations are tried in order of completion, which is the solution if the history is
 * linearizable.
 */
import type { Budget } from "../budget.ts";

/** The input of the search. Operations are numbered `0 .. operations - 1`. */
export interface OrderProblem {
  readonly operations: number;
  /** The operations of each lane, in order. */
  readonly lanes: readonly (readonly number[])[];
  /** Pairs that must be in this order, in addition to the order of the lanes. */
  readonly forced: readonly (readonly [before: number, after: number])[];
  /** The object of each operation: `0 .. objects - 1`. */
  readonly objectOf: Int32Array;
  readonly objects: number;
  /** Whether an operation may be left out (it is unknown whether it happened). */
  readonly optional: Uint8Array;
  /** Whether an operation never changes a state. */
  readonly readOnly: Uint8Array;
  /** Operations with lower values are tried first. */
  readonly preference: Float64Array;
  /** The initial state of an object, as a small integer. */
  first(object: number): number;
  /** The state of `object` after `operation`, or -1 if the operation is not possible. */
  step(object: number, state: number, operation: number): number;
}

interface Frame {
  /** Lanes whose next operation may be tried. */
  readonly choices: number[];
  next: number;
  /** The length of the log when this frame began. */
  readonly undoTo: number;
}

/** Returns true if there is such an order, false if there is none. Throws `BudgetSpent`. */
export function searchOrder(problem: OrderProblem, budget: Budget): boolean {
  return new OrderSearch(problem, budget).run();
}

class OrderSearch {
  readonly #problem: OrderProblem;
  readonly #budget: Budget;
  readonly #frontier: Int32Array;
  readonly #states: Int32Array;
  /** The number of forced predecessors of each operation that are not taken yet. */
  readonly #waits: Int32Array;
  readonly #after: number[][] = [];
  #left = 0;
  /** The steps taken, for undoing them: lane and previous state. */
  readonly #log: number[] = [];
  readonly #visited = new Set<string>();
  readonly #nameBuffer: Uint16Array;

  constructor(problem: OrderProblem, budget: Budget) {
    this.#problem = problem;
    this.#budget = budget;
    const { operations, lanes, forced, optional, objects } = problem;
    this.#frontier = new Int32Array(lanes.length);
    this.#states = Int32Array.from({ length: objects }, (_, object) => problem.first(object));
    this.#nameBuffer = new Uint16Array((lanes.length + objects) * 2);
    this.#waits = new Int32Array(operations);
    for (const [before, after] of forced) {
      this.#waits[after] = (this.#waits[after] as number) + 1;
      (this.#after[before] ??= []).push(after);
    }
    for (let at = 0; at < operations; at++) if (optional[at] === 0) this.#left++;
  }

  run(): boolean {
    const frames: Frame[] = [];
    for (;;) {
      this.#budget.demand();
      const undoTo = this.#log.length;
      this.#takeReads();
      if (this.#left === 0) return true;
      if (this.#visited.size > 0 && this.#visited.has(this.#name())) this.#undo(undoTo);
      else frames.push({ choices: this.#choices(), next: 0, undoTo });
      if (!this.#advance(frames)) return false;
    }
  }

  /** Takes the next untried choice of the deepest frame that has one. Returns false if none is left. */
  #advance(frames: Frame[]): boolean {
    for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
      // The frame's own reads come before its first choice, so only the last choice is undone.
      if (frame.next > 0) this.#undo(this.#choiceMarks.pop() as number);
      const lane = frame.choices[frame.next++];
      if (lane !== undefined) {
        this.#choiceMarks.push(this.#log.length);
        this.#take(lane);
        return true;
      }
      this.#visited.add(this.#name());
      frames.pop();
      this.#undo(frame.undoTo);
    }
    return false;
  }

  readonly #choiceMarks: number[] = [];

  #nextOn(lane: number): number | undefined {
    return (this.#problem.lanes[lane] as readonly number[])[this.#frontier[lane] as number];
  }

  /** The state of its object after `operation`, or -1 if it cannot be taken now. */
  #outcome(operation: number): number {
    if ((this.#waits[operation] as number) > 0) return -1;
    const object = this.#problem.objectOf[operation] as number;
    return this.#problem.step(object, this.#states[object] as number, operation);
  }

  #takeReads(): void {
    const { lanes, readOnly } = this.#problem;
    for (let took = true; took;) {
      took = false;
      for (let lane = 0; lane < lanes.length; lane++) {
        for (;;) {
          const operation = this.#nextOn(lane);
          if (operation === undefined || readOnly[operation] === 0) break;
          if (this.#outcome(operation) < 0) break;
          this.#take(lane);
          took = true;
        }
      }
    }
  }

  #choices(): number[] {
    const { lanes, preference } = this.#problem;
    const found: number[] = [];
    for (let lane = 0; lane < lanes.length; lane++) {
      const operation = this.#nextOn(lane);
      if (operation !== undefined && this.#outcome(operation) >= 0) found.push(lane);
    }
    const rank = (lane: number): number => preference[this.#nextOn(lane) as number] as number;
    return found.sort((a, b) => rank(a) - rank(b));
  }

  #take(lane: number): void {
    const operation = this.#nextOn(lane) as number;
    const { objectOf, optional } = this.#problem;
    const object = objectOf[operation] as number;
    const state = this.#states[object] as number;
    this.#log.push(lane, state);
    this.#states[object] = this.#problem.step(object, state, operation);
    this.#frontier[lane] = (this.#frontier[lane] as number) + 1;
    if (optional[operation] === 0) this.#left--;
    for (const next of this.#after[operation] ?? []) {
      this.#waits[next] = (this.#waits[next] as number) - 1;
    }
  }

  #undo(to: number): void {
    const { objectOf, optional } = this.#problem;
    while (this.#log.length > to) {
      const state = this.#log.pop() as number;
      const lane = this.#log.pop() as number;
      this.#frontier[lane] = (this.#frontier[lane] as number) - 1;
      const operation = this.#nextOn(lane) as number;
      const object = objectOf[operation] as number;
      this.#states[object] = state;
      if (optional[operation] === 0) this.#left++;
      for (const next of this.#after[operation] ?? []) {
        this.#waits[next] = (this.#waits[next] as number) + 1;
      }
    }
  }

  /** An exact name for the position of the search: two different positions never have the same name. */
  #name(): string {
    const end = this.#frontier.length;
    const halves = this.#nameBuffer;
    halves.set(new Uint16Array(this.#frontier.buffer));
    halves.set(new Uint16Array(this.#states.buffer), end * 2);
    let name = "";
    for (let at = 0; at < halves.length; at += 4096) {
      name += String.fromCharCode(...halves.subarray(at, at + 4096));
    }
    return name;
  }
}
