/** `slow_close`: data passes, and the end of it is late. */
import { afterPrevious, PacedStage } from "../paced.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

export const slowClose: ToxicKind = {
  type: "slow_close",
  words: ["slow-close"],
  about: "the end of the data is late",
  attributes: { delay: { unit: "ms", usual: 0, about: "how late" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) =>
    new PacedStage(context, {
      next: (chunk, arrivedMs, previousDueMs) =>
        afterPrevious(chunk.length, 0, arrivedMs, previousDueMs),
      end: (arrivedMs) => arrivedMs + context.get("delay"),
    }),
};
