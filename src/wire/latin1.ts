/**
 * Byte strings as JavaScript strings: one character per byte, codes 0 to 255.
 *
 * V8 stores such strings with one byte per character, compares them as bytes, and hashes them for
 * `Map`. A server that stores keys and values this way needs no copies between the protocol, the
 * keyspace and scripts.
 */

/** Returns the bytes from `start` to `end` as a byte string. */
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

/** Returns the bytes of a byte string. */
export function bytesOf(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}
