/**
 * The Huffman code of HPACK (RFC 7541, appendix B). The code is canonical, so the lengths of its
 * 257 code words determine it. The code words are computed from the lengths, as in DEFLATE.
 */

/**
 * The length in bits of each symbol's code word, in base 36. The last is the end-of-string symbol.
 */
const LENGTHS =
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f" +
  "56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqq" +
  "kjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu";

const EOS = 256;
const lengths = new Uint8Array(257);
const words = new Uint32Array(257);

/** The decoder's tree, with two children per node. A negative child is a leaf: `~symbol`. */
const tree: Int16Array = new Int16Array(2 * 512);

function build(): void {
  for (let symbol = 0; symbol <= EOS; symbol++) {
    lengths[symbol] = Number.parseInt(LENGTHS[symbol] as string, 36);
  }
  const order = Array.from(lengths.keys()).sort(
    (a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b,
  );
  let word = 0;
  let length = 0;
  let nodes = 1;
  for (const symbol of order) {
    const next = lengths[symbol] as number;
    word *= 2 ** (next - length);
    length = next;
    words[symbol] = word;
    let at = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const slot = at * 2 + ((word >>> bit) & 1);
      if (tree[slot] === 0) tree[slot] = nodes++;
      at = tree[slot] as number;
    }
    tree[at * 2 + (word & 1)] = ~symbol;
    word++;
  }
}

build();

/** Returns how many bytes `text` (one byte per character) takes in the Huffman code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += lengths[text.charCodeAt(i) & 0xff] as number;
  return (bits + 7) >>> 3;
}

/** Writes `text` into `out` from `offset`, padded with one bits. Returns the offset after it. */
export function huffmanEncode(text: string, out: Uint8Array, offset: number): number {
  let pending = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    const word = words[symbol] as number;
    let left = lengths[symbol] as number;
    while (left > 0) {
      const take = Math.min(8 - held, left);
      left -= take;
      pending = (pending << take) | ((word >>> left) & ((1 << take) - 1));
      held += take;
      if (held === 8) {
        out[offset++] = pending;
        pending = 0;
        held = 0;
      }
    }
  }
  if (held > 0) out[offset++] = ((pending << (8 - held)) | ((1 << (8 - held)) - 1)) & 0xff;
  return offset;
}

/**
 * Decodes `bytes[start, end)`. Returns `undefined` if it is not valid Huffman code (RFC 7541,
 * section 5.2).
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let at = 0;
  let depth = 0;
  let ones = true;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    for (let bit = 7; bit >= 0; bit--) {
      const one = (byte >>> bit) & 1;
      const next = tree[at * 2 + one] as number;
      if (next < 0) {
        if (~next === EOS) return undefined;
        text += String.fromCharCode(~next);
        at = 0;
        depth = 0;
        ones = true;
      } else {
        at = next;
        depth++;
        ones &&= one === 1;
      }
    }
  }
  // The remaining bits must be padding: fewer than eight bits, all of them ones.
  return depth < 8 && ones ? text : undefined;
}
