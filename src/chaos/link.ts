/**
 * One direction of a connection: bytes from one socket, through the stages, to the other.
 *
 * The source is paused while the target takes no more or a stage holds as much as it may, so what is in
 * memory is bounded by what the toxics state.
 */
import type { Socket } from "node:net";
import type { Stage, Toxic } from "./toxic.ts";

/** A toxic at work here, with what ends its timers. */
interface Entry {
  readonly toxic: Toxic;
  readonly stage: Stage;
  readonly cancelTimers: () => void;
}

/** Starts a stage that hands its bytes to `pass` and its end to `end`. */
export type StartStage = (
  toxic: Toxic,
  to: { pass(bytes: Buffer): void; end(): void },
) => { stage: Stage; cancelTimers: () => void };

/** Bytes from `from` to `to`. */
export class Link {
  /** The number of bytes that were passed on to the target. */
  passedBytes = 0;
  /** Whether the source has said that no more comes. */
  sourceEnded = false;
  /** Whether all of that has been passed on. */
  finished = false;
  /** Called once, when all has been handed to the target. */
  onFinished: (() => void) | undefined;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #startStage: StartStage;
  #entries: Entry[] = [];
  #abandoned = false;
  #silent = false;

  constructor(from: Socket, to: Socket, startStage: StartStage) {
    this.#from = from;
    this.#to = to;
    this.#startStage = startStage;
    from.on("data", (bytes: Buffer) => this.#enter(0, bytes));
    from.on("end", () => {
      this.sourceEnded = true;
      this.#endFrom(0);
    });
    to.on("drain", () => this.#balance());
  }

  /** Whether this toxic is at work here. */
  has(toxic: Toxic): boolean {
    return this.#entries.some((entry) => entry.toxic === toxic);
  }

  /** Puts a toxic behind those that are there. */
  add(toxic: Toxic): void {
    if (this.#abandoned || this.finished) return;
    let entry: Entry | undefined = undefined;
    const place = (): number => (entry === undefined ? -1 : this.#entries.indexOf(entry));
    const started = this.#startStage(toxic, {
      pass: (bytes) => {
        const index = place();
        if (index < 0) return;
        this.#enter(index + 1, bytes);
        this.#balance();
      },
      end: () => {
        const index = place();
        if (index >= 0) this.#endFrom(index + 1);
      },
    });
    entry = { toxic, ...started };
    this.#entries.push(entry);
  }

  /** The attributes of a toxic are others now. */
  change(toxic: Toxic): void {
    this.#entries.find((entry) => entry.toxic === toxic)?.stage.changed();
  }

  /** Takes a toxic away; what it held goes on. */
  remove(toxic: Toxic): void {
    const entry = this.#entries.find((other) => other.toxic === toxic);
    if (entry === undefined) return;
    entry.stage.removed();
    entry.cancelTimers();
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#balance();
  }

  /** From now on all that comes is dropped: nobody is there to take it. */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    for (const entry of this.#entries) entry.cancelTimers();
    this.#entries = [];
    if (!this.#from.destroyed) this.#from.resume();
  }

  /** From now on all that comes is dropped, while the toxics stay at work. */
  silence(): void {
    this.#silent = true;
    if (!this.#from.destroyed) this.#from.resume();
  }

  #enter(index: number, bytes: Buffer): void {
    if (this.#abandoned || this.#silent) return;
    const entry = this.#entries[index];
    if (entry !== undefined) {
      entry.stage.write(bytes);
    } else {
      this.passedBytes += bytes.length;
      if (this.#to.writable) this.#to.write(bytes);
    }
    if (index === 0) this.#balance();
  }

  #endFrom(index: number): void {
    if (this.#abandoned || this.#silent) return;
    const entry = this.#entries[index];
    if (entry !== undefined) {
      entry.stage.end();
      return;
    }
    this.finished = true;
    this.#to.end(() => this.onFinished?.());
  }

  #balance(): void {
    if (this.#abandoned || this.#silent || this.#from.destroyed) return;
    const full =
      this.#to.writableNeedDrain ||
      this.#entries.some(({ stage, toxic }) => stage.heldBytes >= toxic.kind.bufferBytes);
    if (full === this.#from.isPaused()) return;
    if (full) this.#from.pause();
    else this.#from.resume();
  }
}
