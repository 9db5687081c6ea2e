/** `latency`: all that passes is late by `latency` ± `jitter`. Order is kept, and the end is late as well. */
import { PacedStage } from "../paced.ts";
import type { StageContext, ToxicKind } from "../toxic.ts";

function drawMs(context: StageContext): number {
  const spread = (2 * context.prng.float() - 1) * context.get("jitter");
  return Math.max(0, context.get("latency") + spread);
}

export const latency: ToxicKind = {
  type: "latency",
  words: [],
  about: "all data is late",
  attributes: {
    latency: { unit: "ms", usual: 0, about: "how late" },
    jitter: {
      unit: "ms",
      usual: 0,
      about: "more or less by up to this much, drawn for each piece",
    },
  },
  // A long way holds much: with less, latency would limit the bandwidth.
  bufferBytes: 16 * 1_024 * 1_024,
  start: (context) =>
    new PacedStage(context, {
      next: (chunk, arrivedMs, previousDueMs) => ({
        bytes: chunk.length,
        dueMs: Math.max(previousDueMs, arrivedMs + drawMs(context)),
      }),
      end: (arrivedMs) => arrivedMs + drawMs(context),
    }),
};
