/** Tells in a line what a run has drawn: which kinds of faults are on, how often, and for how long. */
import { formatNs, MS } from "../base/units.ts";
import type { ToldDraw } from "./json.ts";

/** "crash 3 (every 5.2s, for 1.3s) · pause off"; `undefined` if a world has no faults. */
export function drawnLine(drawn: readonly ToldDraw[]): string | undefined {
  if (drawn.length === 0) return undefined;
  return drawn.map(wordLine).join(" · ");
}

function wordLine({ word, on, everyNs, lastsNs, faults }: ToldDraw): string {
  if (!on) return `${word} off`;
  const often = everyNs === undefined ? "at its times" : `every ${rough(everyNs)}`;
  // What happens at one moment is drawn with a millisecond.
  const long = lastsNs <= MS ? "" : `, for ${rough(lastsNs)}`;
  return `${word} ${faults} (${often}${long})`;
}

/** A time of two or three digits. */
function rough(ns: number): string {
  const grainNs = 10 ** Math.max(0, Math.floor(Math.log10(ns)) - 1);
  return formatNs(Math.round(ns / grainNs) * grainNs);
}
