/** `limit_data`: so many bytes pass, then the connection is closed. */
import { ImmediateStage } from "../immediate.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

class LimitStage extends ImmediateStage {
  #passed = 0;
  #closed = false;

  override write(bytes: Buffer): void {
    if (this.#closed) return;
    const left = Math.max(0, this.context.get("bytes") - this.#passed);
    const part = bytes.subarray(0, left);
    this.#passed += part.length;
    if (part.length > 0) this.context.pass(part);
    if (this.#passed < this.context.get("bytes")) return;
    this.#closed = true;
    this.context.tell(`closes the connection after ${this.#passed} bytes`);
    this.context.close();
  }
}

export const limitData: ToxicKind = {
  type: "limit_data",
  words: ["limit-data"],
  about: "the connection is closed after so many bytes",
  attributes: { bytes: { unit: "bytes", usual: 0, about: "how many pass" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) => new LimitStage(context),
};
