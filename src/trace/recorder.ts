/** Records a run's events as the kernel reports them. */
import { assert } from "../base/errors.ts";
import { Kind } from "./kinds.ts";
import type { Trace } from "./trace.ts";

const FIRST_CAPACITY = 4_096;

/** A kernel observer that fills the columns of a {@link Trace}. */
export class TraceRecorder {
  #capacity = FIRST_CAPACITY;
  #length = 0;
  #timeNs = new Float64Array(FIRST_CAPACITY);
  #host = new Uint16Array(FIRST_CAPACITY);
  #kind = new Uint8Array(FIRST_CAPACITY);
  #cause = new Uint32Array(FIRST_CAPACITY);
  #detail = new Uint32Array(FIRST_CAPACITY);
  readonly #details: unknown[] = [];
  #stack: Uint32Array | undefined;
  readonly #stacks: string[] = [];
  readonly #stackNumbers = new Map<string, number>();

  /** Called by the kernel for each event, in order of ids, starting at 1. */
  onEvent(
    id: number,
    timeNs: number,
    host: number,
    kind: number,
    cause: number,
    detail: unknown,
  ): void {
    const row = this.#length;
    assert(id === row + 1, `event ${id} is recorded after event ${row}`);
    if (row === this.#capacity) this.#grow();
    this.#timeNs[row] = timeNs;
    this.#host[row] = host;
    this.#kind[row] = kind;
    this.#cause[row] = cause;
    if (detail !== undefined) this.#detail[row] = this.#details.push(detail);
    this.#length++;
  }

  /**
   * Corrects the cause of an event. One that has waited, because its process was paused or busy, keeps its own: the
   * correction is that of the event which waited.
   */
  onCause(id: number, cause: number): void {
    const waited = this.#kind[id - 1] === Kind.resume;
    const row = (waited ? (this.#cause[id - 1] as number) : id) - 1;
    if (row >= 0 && cause > 0 && cause <= row) this.#cause[row] = cause;
  }

  /** Adds the detail of an event that was recorded without one. No later event may have a detail yet. */
  onDetail(id: number, detail: unknown): void {
    const row = id - 1;
    if (row < 0 || row >= this.#length || this.#detail[row] !== 0) return;
    for (let later = row + 1; later < this.#length; later++) if (this.#detail[later] !== 0) return;
    this.#detail[row] = this.#details.push(detail);
  }

  /** Adds where the program was in an event: its places, one a line. */
  onStack(id: number, stack: string): void {
    this.#stack ??= new Uint32Array(this.#capacity);
    let number = this.#stackNumbers.get(stack);
    if (number === undefined) {
      number = this.#stacks.push(stack);
      this.#stackNumbers.set(stack, number);
    }
    this.#stack[id - 1] = number;
  }

  /** Returns the trace so far. `hosts` are names by host number. */
  finish(hosts: readonly string[]): Trace {
    const length = this.#length;
    return {
      length,
      timeNs: this.#timeNs.subarray(0, length),
      host: this.#host.subarray(0, length),
      kind: this.#kind.subarray(0, length),
      cause: this.#cause.subarray(0, length),
      detail: this.#detail.subarray(0, length),
      details: this.#details,
      hosts,
      ...(this.#stack && { stack: this.#stack.subarray(0, length), stacks: this.#stacks }),
    };
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#timeNs = grown(this.#timeNs, new Float64Array(this.#capacity));
    this.#host = grown(this.#host, new Uint16Array(this.#capacity));
    this.#kind = grown(this.#kind, new Uint8Array(this.#capacity));
    this.#cause = grown(this.#cause, new Uint32Array(this.#capacity));
    this.#detail = grown(this.#detail, new Uint32Array(this.#capacity));
    if (this.#stack) this.#stack = grown(this.#stack, new Uint32Array(this.#capacity));
  }
}

function grown<T extends { set(from: ArrayLike<number>): void }>(
  from: ArrayLike<number>,
  to: T,
): T {
  to.set(from);
  return to;
}
