/** Byte streams as lists of chunks. */
import { concatBytes } from "../../../base/bytes.ts";

const NOTHING = new Uint8Array(0);

/** Removes and returns the first `bytes` bytes of the chunks. */
export function takeChunks(chunks: Uint8Array[], bytes: number): Uint8Array {
  const first = chunks[0] as Uint8Array;
  if (first.length === bytes) return chunks.shift() as Uint8Array;
  if (first.length > bytes) {
    chunks[0] = first.subarray(bytes);
    return first.subarray(0, bytes);
  }
  const taken: Uint8Array[] = [];
  let left = bytes;
  let used = 0;
  while (left > 0) {
    const chunk = chunks[used] as Uint8Array;
    if (chunk.length > left) {
      taken.push(chunk.subarray(0, left));
      chunks[used] = chunk.subarray(left);
      left = 0;
    } else {
      taken.push(chunk);
      left -= chunk.length;
      used++;
    }
  }
  chunks.splice(0, used);
  return bytes === 0 ? NOTHING : concatBytes(taken, bytes);
}
