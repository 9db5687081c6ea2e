/**
 * The event queue: a 4-ary heap on typed arrays, ordered by (time, sequence). Scheduling, firing and
 * cancelling allocate nothing once the arrays have grown to the run's working size.
 */

/** The action of an event. `arg` is the value given to `push`. */
export type Action = (arg: never) => void;

/** A handle to a pending event: its slot, and the slot's generation, which makes a stale handle harmless. */
export type EventHandle = number & { readonly _unit: "event-handle" };

/** The handle that denotes no event. */
export const NO_EVENT: EventHandle = -1 as EventHandle;

const GENERATIONS = 0x20_0000; // 2^21 generations by 2^32 slots fill the 53 bits of a number.

function nothing(): void {}

/** A cancellable priority queue of events. */
export class EventQueue {
  /** The number of pending events. */
  length = 0;

  #capacity = 1024;
  /** The heap of slots, the earliest event first. */
  #heap = new Int32Array(this.#capacity);
  /** The position of each slot in the heap; -1 if it is free. */
  #position = new Int32Array(this.#capacity);
  #generation = new Int32Array(this.#capacity);
  #timeNs = new Float64Array(this.#capacity);
  #sequence = new Float64Array(this.#capacity);
  #host = new Int32Array(this.#capacity);
  #kind = new Int32Array(this.#capacity);
  #cause = new Int32Array(this.#capacity);
  #actions: Action[] = [];
  #args: unknown[] = [];
  #free: Int32Array = new Int32Array(this.#capacity);
  #freeCount = 0;
  #used = 0;
  #nextSequence = 0;

  /** The event taken by the last `pop`. */
  poppedTimeNs = 0;
  poppedHost = 0;
  poppedKind = 0;
  poppedCause = 0;
  poppedAction: Action = nothing;
  poppedArg: unknown = undefined;

  /** Adds an event. Equal times fire in the order of `push`. */
  push(
    timeNs: number,
    host: number,
    kind: number,
    cause: number,
    action: Action,
    arg: unknown,
  ): EventHandle {
    let slot: number;
    if (this.#freeCount > 0) {
      slot = this.#free[--this.#freeCount] as number;
    } else {
      if (this.#used === this.#capacity) this.#grow();
      slot = this.#used++;
    }
    this.#timeNs[slot] = timeNs;
    this.#sequence[slot] = this.#nextSequence++;
    this.#host[slot] = host;
    this.#kind[slot] = kind;
    this.#cause[slot] = cause;
    this.#actions[slot] = action;
    this.#args[slot] = arg;
    this.#siftUp(this.length++, slot);
    return (slot * GENERATIONS + (this.#generation[slot] as number)) as EventHandle;
  }

  /** The time of the next event, or `Infinity` if there is none. */
  peekTimeNs(): number {
    return this.length === 0 ? Infinity : (this.#timeNs[this.#heap[0] as number] as number);
  }

  /** Takes the next event into the `popped` fields. Returns false if there is none. */
  pop(): boolean {
    if (this.length === 0) return false;
    const slot = this.#heap[0] as number;
    this.poppedTimeNs = this.#timeNs[slot] as number;
    this.poppedHost = this.#host[slot] as number;
    this.poppedKind = this.#kind[slot] as number;
    this.poppedCause = this.#cause[slot] as number;
    this.poppedAction = this.#actions[slot] as Action;
    this.poppedArg = this.#args[slot];
    const last = this.#heap[--this.length] as number;
    if (this.length > 0) this.#siftDown(0, last);
    this.#release(slot);
    return true;
  }

  /** Removes a pending event. Returns false if it has already fired or been cancelled. */
  cancel(handle: EventHandle): boolean {
    if (handle < 0) return false;
    const slot = Math.floor(handle / GENERATIONS);
    if (this.#generation[slot] !== handle - slot * GENERATIONS) return false;
    const position = this.#position[slot] as number;
    if (position < 0) return false;
    const last = this.#heap[--this.length] as number;
    if (last !== slot) {
      if (position > 0 && this.#before(last, this.#heap[(position - 1) >> 2] as number)) {
        this.#siftUp(position, last);
      } else {
        this.#siftDown(position, last);
      }
    }
    this.#release(slot);
    return true;
  }

  #release(slot: number): void {
    this.#generation[slot] = ((this.#generation[slot] as number) + 1) % GENERATIONS;
    this.#position[slot] = -1;
    this.#actions[slot] = nothing;
    this.#args[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
  }

  #before(a: number, b: number): boolean {
    const timeA = this.#timeNs[a] as number;
    const timeB = this.#timeNs[b] as number;
    return (
      timeA < timeB ||
      (timeA === timeB && (this.#sequence[a] as number) < (this.#sequence[b] as number))
    );
  }

  #siftUp(position: number, slot: number): void {
    const heap = this.#heap;
    while (position > 0) {
      const parent = (position - 1) >> 2;
      const above = heap[parent] as number;
      if (!this.#before(slot, above)) break;
      heap[position] = above;
      this.#position[above] = position;
      position = parent;
    }
    heap[position] = slot;
    this.#position[slot] = position;
  }

  #siftDown(position: number, slot: number): void {
    const heap = this.#heap;
    const length = this.length;
    for (;;) {
      let child = position * 4 + 1;
      if (child >= length) break;
      let least = heap[child] as number;
      const end = Math.min(child + 4, length);
      let leastAt = child;
      for (child++; child < end; child++) {
        const other = heap[child] as number;
        if (this.#before(other, least)) {
          least = other;
          leastAt = child;
        }
      }
      if (!this.#before(least, slot)) break;
      heap[position] = least;
      this.#position[least] = position;
      position = leastAt;
    }
    heap[position] = slot;
    this.#position[slot] = position;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const int = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(capacity);
      next.set(old);
      return next;
    };
    const float = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(capacity);
      next.set(old);
      return next;
    };
    this.#heap = int(this.#heap);
    this.#position = int(this.#position);
    this.#generation = int(this.#generation);
    this.#host = int(this.#host);
    this.#kind = int(this.#kind);
    this.#cause = int(this.#cause);
    this.#free = int(this.#free);
    this.#timeNs = float(this.#timeNs);
    this.#sequence = float(this.#sequence);
    this.#capacity = capacity;
  }
}
