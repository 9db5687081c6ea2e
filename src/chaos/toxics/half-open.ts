/**
 * `half_open`: one end of the connection is gone, and the other is not told, as when a machine loses its
 * power or a firewall forgets. `stream` names the direction that falls silent: with `downstream` the
 * client is left with an open connection, with `upstream` the server is.
 */
import { ImmediateStage } from "../immediate.ts";
import { SMALL_BUFFER_BYTES, type StageContext, type ToxicKind } from "../toxic.ts";

class HalfOpenStage extends ImmediateStage {
  readonly #startedMs: number;
  #cancel: (() => void) | undefined;
  #gone = false;

  constructor(context: StageContext) {
    super(context);
    this.#startedMs = context.nowMs();
    this.changed();
  }

  override changed(): void {
    if (this.#gone) return;
    this.#cancel?.();
    const leftMs = this.#startedMs + this.context.get("timeout") - this.context.nowMs();
    this.#cancel = this.context.after(Math.ceil(Math.max(0, leftMs)), () => {
      this.#gone = true;
      this.context.tell("leaves the connection half open");
      this.context.vanish();
    });
  }

  override removed(): void {
    this.#cancel?.();
    if (this.#gone) this.context.reset();
  }
}

export const halfOpen: ToxicKind = {
  type: "half_open",
  words: ["half-open"],
  about: "one end is gone, and the other does not learn of it",
  attributes: { timeout: { unit: "ms", usual: 0, about: "when; data passes until then" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) => new HalfOpenStage(context),
};
