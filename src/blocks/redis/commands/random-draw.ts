/** Random elements for SRANDMEMBER, HRANDFIELD and ZRANDMEMBER. */
import { err } from "../errors.ts";
import { INT64_MIN, parseInt64 } from "../numbers.ts";
import type { Dict, Slot } from "../dict.ts";

const OUT_OF_RANGE = err(
  "value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);

/** Parses the count of a random draw. With `paired`, each element takes two places in the reply. */
export function parseDrawCount(text: string, paired: boolean): number {
  const count = parseInt64(text);
  if (count === INT64_MIN) throw OUT_OF_RANGE;
  // A reply cannot have more elements than an array. Redis would continue until its memory is full.
  if (Number(count) < -(2 ** 32 - 1) || (paired && Math.abs(Number(count)) >= 2 ** 62)) {
    throw err("value is out of range");
  }
  return Number(count);
}

/**
 * Returns `count` distinct elements, or all if there are fewer. A negative count makes that many
 * draws, and an element may occur several times.
 */
export function drawMany<V>(dict: Dict<V>, count: number): Slot<V>[] {
  if (count < 0) return Array.from({ length: -count }, () => dict.random());
  const { size } = dict;
  if (count >= size) return dict.slots().slice();
  if (count * 3 > size) return shuffled(dict.slots()).slice(0, count);
  const places = new Set<number>();
  while (places.size < count) places.add(Math.floor(Math.random() * size));
  return [...places].map((place) => dict.slotAt(place));
}

function shuffled<T>(items: readonly T[]): T[] {
  const out = items.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}
