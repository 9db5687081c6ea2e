/** `timeout`: no data gets through, and the connection is closed after a time or when the toxic is removed. */
import { DoomedStage } from "../doomed.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

class TimeoutStage extends DoomedStage {
  protected afterMs(): number | undefined {
    const timeoutMs = this.context.get("timeout");
    return timeoutMs > 0 ? timeoutMs : undefined;
  }

  protected strike(): void {
    this.context.tell("closes the connection");
    this.context.close();
  }

  /** Bytes are missing by now: whoever waits for them had better know. */
  override removed(): void {
    this.strike();
  }
}

export const timeout: ToxicKind = {
  type: "timeout",
  words: ["stall"],
  about: "no data gets through, then the connection is closed",
  attributes: { timeout: { unit: "ms", usual: 0, about: "when; 0 when the toxic is removed" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) => new TimeoutStage(context),
};
