/** Random elements for SRANDMEMBER, HRANDFIELD and ZRANDMEMBER. */
import type { Dict, Slot } from "../dict.ts";

/**
 * `count` different elements, or all when there are fewer; with a negative count, that many draws, where one
 * element may come several times.
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
