/** A stage that lets nothing through, and after a time does something to the connection. */
import { ImmediateStage } from "./immediate.ts";
import type { StageContext } from "./toxic.ts";

/** Drops everything. The time runs from the start of the stage, whatever arrives meanwhile. */
export abstract class DoomedStage extends ImmediateStage {
  readonly #startedMs: number;
  #cancel: (() => void) | undefined;

  constructor(context: StageContext) {
    super(context);
    this.#startedMs = context.nowMs();
    this.#arm();
  }

  /** What happens when the time is over. */
  protected abstract strike(): void;

  /** After how many milliseconds; undefined for never. */
  protected abstract afterMs(): number | undefined;

  override write(_bytes: Buffer): void {}

  override end(): void {
    // Without a time nothing else would ever end the connection.
    if (this.afterMs() === undefined) this.context.end();
  }

  override changed(): void {
    this.#cancel?.();
    this.#arm();
  }

  #arm(): void {
    const afterMs = this.afterMs();
    if (afterMs === undefined) return;
    const leftMs = Math.max(0, this.#startedMs + afterMs - this.context.nowMs());
    this.#cancel = this.context.after(Math.ceil(leftMs), () => this.strike());
  }
}
