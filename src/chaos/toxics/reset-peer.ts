/** `reset_peer`: both ends see "connection reset by peer", at once or after a time without data. */
import { DoomedStage } from "../doomed.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

class ResetStage extends DoomedStage {
  protected afterMs(): number {
    return this.context.get("timeout");
  }

  protected strike(): void {
    this.context.tell("resets the connection");
    this.context.reset();
  }
}

export const resetPeer: ToxicKind = {
  type: "reset_peer",
  words: ["reset", "reset-peer"],
  about: "the connection is reset at both ends",
  attributes: { timeout: { unit: "ms", usual: 0, about: "when; no data passes until then" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) => new ResetStage(context),
};
