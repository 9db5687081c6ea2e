/**
 * `loss`: segments are lost. TCP sends them again, so what its users see is that the stream stands still for
 * a time. Which segments are lost depends on their place in the stream and the seed alone.
 */
import { afterPrevious, PacedStage } from "../paced.ts";
import { SMALL_BUFFER_BYTES, type ToxicKind } from "../toxic.ts";

/** What a segment carries on an Ethernet. */
const SEGMENT_BYTES = 1_460;

export const loss: ToxicKind = {
  type: "loss",
  words: [],
  about: "segments are lost: the stream stands still until they are sent again",
  attributes: {
    probability: { unit: "probability", usual: 0.1, about: "for each segment of 1460 bytes" },
    stall: { unit: "ms", usual: 200, about: "until it is sent again" },
  },
  bufferBytes: SMALL_BUFFER_BYTES,
  start(context) {
    let offset = 0;
    return new PacedStage(context, {
      next(chunk, arrivedMs, previousDueMs) {
        const within = offset % SEGMENT_BYTES;
        const lost = within === 0 && context.prng.chance(context.get("probability"));
        if (lost) context.tell(`loses the segment at byte ${offset}`);
        const bytes = Math.min(chunk.length, SEGMENT_BYTES - within);
        offset += bytes;
        const waitMs = lost ? context.get("stall") : 0;
        return afterPrevious(bytes, waitMs, arrivedMs, previousDueMs);
      },
    });
  },
};
