/**
 * `slicer`: data goes in small pieces. The cuts are at places in the stream that depend on the seed alone,
 * not on how the bytes arrive.
 */
import { afterPrevious, PacedStage } from "../paced.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

export const slicer: ToxicKind = {
  type: "slicer",
  words: ["slice"],
  about: "data goes in small pieces",
  attributes: {
    average_size: { unit: "bytes", usual: 0, about: "of a piece" },
    size_variation: { unit: "bytes", usual: 0, about: "more or less by up to this much" },
    delay: { unit: "µs", usual: 0, about: "before each piece" },
  },
  bufferBytes: SMALL_BUFFER_BYTES,
  complaint(attributes) {
    const { average_size: average = 0, size_variation: variation = 0 } = attributes;
    if (average < 1) return "average_size must be at least 1";
    return variation < average ? undefined : "size_variation must be smaller than average_size";
  },
  start(context) {
    let untilCut = 0;
    return new PacedStage(context, {
      next(chunk, arrivedMs, previousDueMs) {
        const begins = untilCut === 0;
        if (begins) {
          const variation = Math.floor(context.get("size_variation"));
          const size = context.get("average_size") + context.prng.between(-variation, variation);
          untilCut = Math.max(1, Math.floor(size));
        }
        const bytes = Math.min(chunk.length, untilCut);
        untilCut -= bytes;
        const waitMs = begins ? context.get("delay") / 1_000 : 0;
        return afterPrevious(bytes, waitMs, arrivedMs, previousDueMs);
      },
    });
  },
};
