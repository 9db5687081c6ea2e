/**
 * LZF, the compression of strings in RDB files (Marc Lehmann's liblzf, as included in Redis). The
 * same input gives the same output as in Redis.
 */

const HASH_BITS = 16;
const LITERALS_MAX = 32;
const OFFSET_MAX = 8_192;
const MATCH_MAX = 264;

/** Compresses a text. Returns undefined if the result would not be at least four bytes shorter. */
export function compress(text: string): string | undefined {
  const input = Buffer.from(text, "latin1");
  const size = input.length;
  const limit = size - 4;
  const out = Buffer.allocUnsafe(size + 8);
  // Positions of three bytes with the same hash, plus one. 0 means none.
  const seen = new Int32Array(1 << HASH_BITS);
  let at = 0;
  let put = 1;
  let literals = 0;
  const remember = (place: number): number => {
    const three =
      ((input[place] as number) << 16) |
      ((input[place + 1] as number) << 8) |
      (input[place + 2] as number);
    const slot = ((three >>> (24 - HASH_BITS)) - three * 5) & ((1 << HASH_BITS) - 1);
    const before = seen[slot] as number;
    seen[slot] = place + 1;
    return before - 1;
  };
  const endLiterals = (): void => {
    out[put - literals - 1] = literals - 1;
    if (literals === 0) put--;
  };
  const literal = (byte: number): void => {
    literals++;
    out[put++] = byte;
    if (literals === LITERALS_MAX) {
      out[put - literals - 1] = literals - 1;
      literals = 0;
      put++;
    }
  };
  while (at < size - 2) {
    const from = remember(at);
    const offset = at - from - 1;
    const same =
      from > 0 &&
      offset < OFFSET_MAX &&
      input[from + 2] === input[at + 2] &&
      input[from] === input[at] &&
      input[from + 1] === input[at + 1];
    if (!same) {
      if (put >= limit) return undefined;
      literal(input[at++] as number);
      continue;
    }
    if (put - (literals === 0 ? 1 : 0) + 4 >= limit) return undefined;
    endLiterals();
    // Redis's loop keeps two bytes at the end, and treats the first three as matched.
    const lengthMax = Math.min(size - at - 2, MATCH_MAX);
    let length = 3;
    while (length < lengthMax && input[from + length] === input[at + length]) length++;
    const code = length - 2;
    if (code < 7) {
      out[put++] = (offset >> 8) + (code << 5);
    } else {
      out[put++] = (offset >> 8) + (7 << 5);
      out[put++] = code - 7;
    }
    out[put++] = offset & 0xff;
    literals = 0;
    put++;
    at += length;
    if (at >= size - 2) break;
    remember(at - 2);
    remember(at - 1);
  }
  if (put + 3 > limit) return undefined;
  // There is space for the last bytes, regardless of the limit.
  while (at < size) literal(input[at++] as number);
  endLiterals();
  return out.toString("latin1", 0, put);
}

/** Decompresses to exactly `size` bytes. Returns undefined if the input is invalid. */
export function decompress(text: string, size: number): string | undefined {
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  let put = 0;
  while (at < text.length) {
    const control = text.charCodeAt(at++);
    if (control < 32) {
      const count = control + 1;
      if (put + count > size || at + count > text.length) return undefined;
      out.write(text.slice(at, at + count), put, "latin1");
      at += count;
      put += count;
      continue;
    }
    let length = control >> 5;
    if (length === 7) length += text.charCodeAt(at++);
    length += 2;
    let from = put - ((control & 31) << 8) - text.charCodeAt(at++) - 1;
    if (!(from >= 0) || put + length > size) return undefined;
    // The source may overlap the output.
    while (length-- > 0) out[put++] = out[from++] as number;
  }
  return put === size ? out.toString("latin1") : undefined;
}
