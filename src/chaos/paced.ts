/** A stage that lets bytes go later, or in smaller pieces, in order. Most toxics are a rule of when. */
import type { Stage, StageContext } from "./toxic.ts";

/** The next piece to let go: how many bytes from the front, and when. */
export interface Piece {
  /** At least 1, at most what there is. */
  readonly bytes: number;
  readonly dueMs: number;
}

/** The rule of a paced stage. It is asked when bytes are next in line. */
export interface Pace {
  /** `previousDueMs` is when the piece before was due; it may lie in the past. */
  next(chunk: Buffer, arrivedMs: number, previousDueMs: number): Piece;
  /** When the end is let go that arrived at `arrivedMs`. */
  end?(arrivedMs: number): number;
}

/** Waits shorter than this are made up for later: timers are not finer. */
const FINEST_MS = 1;

/** Lets bytes go by a {@link Pace}. */
export class PacedStage implements Stage {
  heldBytes = 0;
  readonly #context: StageContext;
  readonly #pace: Pace;
  /** Undefined is the end. */
  #queue: { chunk: Buffer | undefined; readonly arrivedMs: number }[] = [];
  #previousDueMs = -Infinity;
  #planned: Piece | undefined;
  #cancel: (() => void) | undefined;

  constructor(context: StageContext, pace: Pace) {
    this.#context = context;
    this.#pace = pace;
  }

  write(chunk: Buffer): void {
    this.heldBytes += chunk.length;
    this.#queue.push({ chunk, arrivedMs: this.#context.nowMs() });
    this.#run();
  }

  end(): void {
    this.#queue.push({ chunk: undefined, arrivedMs: this.#context.nowMs() });
    this.#run();
  }

  /** What waits by the old rule is let go; the rest follows by the new one. */
  changed(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#previousDueMs = this.#context.nowMs();
    if (this.#planned !== undefined) this.#letGo(this.#planned.bytes);
    this.#run();
  }

  removed(): void {
    this.#cancel?.();
    while (this.#queue.length > 0) this.#letGo(Infinity);
  }

  #run(): void {
    while (this.#cancel === undefined) {
      const head = this.#queue[0];
      if (head === undefined) return;
      this.#planned ??= this.#plan(head);
      const { bytes, dueMs } = this.#planned;
      const waitMs = dueMs - this.#context.nowMs();
      if (waitMs >= FINEST_MS) {
        this.#cancel = this.#context.after(Math.ceil(waitMs), () => {
          this.#cancel = undefined;
          this.#previousDueMs = dueMs;
          this.#letGo(bytes);
          this.#run();
        });
        return;
      }
      this.#previousDueMs = dueMs;
      this.#letGo(bytes);
    }
  }

  #plan({ chunk, arrivedMs }: { chunk: Buffer | undefined; arrivedMs: number }): Piece {
    if (chunk !== undefined) return this.#pace.next(chunk, arrivedMs, this.#previousDueMs);
    const dueMs = this.#pace.end?.(arrivedMs) ?? this.#previousDueMs;
    return { bytes: 0, dueMs: Math.max(dueMs, this.#previousDueMs) };
  }

  /** Passes on the first `bytes` of the head, or the end. */
  #letGo(bytes: number): void {
    this.#planned = undefined;
    const head = this.#queue[0];
    if (head === undefined) return;
    const { chunk } = head;
    if (chunk === undefined) {
      this.#queue = [];
      this.#context.end();
      return;
    }
    if (bytes < chunk.length) head.chunk = chunk.subarray(bytes);
    else this.#queue.shift();
    const piece = chunk.subarray(0, bytes);
    this.heldBytes -= piece.length;
    this.#context.pass(piece);
  }
}

/** The piece after `waitMs` from when the one before was due, or from now on if that is past. */
export function afterPrevious(
  bytes: number,
  waitMs: number,
  arrivedMs: number,
  previousDueMs: number,
): Piece {
  return { bytes, dueMs: Math.max(arrivedMs, previousDueMs) + waitMs };
}
