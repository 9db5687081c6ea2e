/** `bandwidth`: only so many bytes a second. Data goes in pieces of a tenth of a second. */
import { afterPrevious, PacedStage } from "../paced.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

/** How much goes at once, in time. */
const PIECE_MS = 100;

export const bandwidth: ToxicKind = {
  type: "bandwidth",
  words: [],
  about: "a connection carries no more than this",
  attributes: { rate: { unit: "KB/s", usual: 0, about: "1000 bytes a second; 0 is no limit" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) =>
    new PacedStage(context, {
      next(chunk, arrivedMs, previousDueMs) {
        const bytesPerMs = context.get("rate");
        if (bytesPerMs <= 0) return afterPrevious(chunk.length, 0, arrivedMs, previousDueMs);
        const bytes = Math.min(chunk.length, Math.max(1, Math.floor(bytesPerMs * PIECE_MS)));
        return afterPrevious(bytes, bytes / bytesPerMs, arrivedMs, previousDueMs);
      },
    }),
};
