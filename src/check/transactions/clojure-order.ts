/**
 * The iteration order of lists of integers in a Clojure set. If several longest reads of a list contradict
 * each other, any order of versions is equally valid, and the names of anomalies depend on the choice. Elle
 * sorts a set of them by length and takes the last one, so the result depends on its set's iteration order.
 */

/** Whether `value` is an integer that Clojure hashes as a long. */
export function isLong(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Clojure's `hash` of a vector of integers: Murmur3 over the hashes of its elements. */
export function hashOfList(values: readonly number[]): number {
  let hash = 1;
  for (const value of values) hash = (Math.imul(31, hash) + hashOfLong(value)) | 0;
  return finish(mix(0, hash), values.length);
}

/** Which of two hashes a set iterates first. The set is a tree that uses five bits of a hash at each level. */
export function compareHashes(a: number, b: number): number {
  for (let shift = 0; shift < 32; shift += 5) {
    const order = ((a >>> shift) & 31) - ((b >>> shift) & 31);
    if (order !== 0) return order;
  }
  return 0;
}

/** Clojure's `hash` of a long. */
function hashOfLong(value: number): number {
  if (value === 0) return 0;
  const high = Math.floor(value / 2 ** 32);
  return finish(mix(mix(0, value | 0), high | 0), 8);
}

function mix(hash: number, block: number): number {
  const mixed = Math.imul(turned(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(turned(hash ^ mixed, 13), 5) + 0xe6546b64) | 0;
}

function finish(mixed: number, length: number): number {
  let hash = mixed ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function turned(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
