/**
 * Byte strings as JavaScript strings: one character a byte, codes 0 to 255.
 *
 * V8 keeps such strings at one byte a character, compares them as bytes, and hashes them for `Map`, so a
 * server that holds keys and values this way needs no copies between wire, keyspace and scripts.
 */

/** The bytes from `start` to `end` as a byte string. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (typeof Buffer !== "undefined" && bytes instanceof Buffer) {
    return bytes.toString("latin1", start, end);
  }
  let out = "";
  for (let at = start; at < end; at += 4_096) {
    out += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4_096)));
  }
  return out;
}

/** The bytes of a byte string. */
export function bytesOf(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}
