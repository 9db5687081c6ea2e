/**
 * A rolling 64-bit hash that shows whether two runs were identical.
 *
 * Two 32-bit lanes, mixed by odd multipliers with a rotation between them (after
 * MurmurHash3_x86_128's body). It detects accidental differences. It does not resist deliberate
 * collisions.
 */

/** A rolling hash. Order matters; equal sequences of words give equal digests on every platform. */
export class Fingerprint {
  high: number = 0x6c696768 | 0;
  low: number = 0x74636f6e | 0;

  /** Mixes in one 32-bit word. */
  word(word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    const high = this.high ^ k;
    this.high = (Math.imul((high << 13) | (high >>> 19), 5) + this.low) | 0;
    const low = this.low ^ Math.imul(k ^ (k >>> 15), 0x85ebca6b);
    this.low = (Math.imul((low << 17) | (low >>> 15), 5) + this.high) | 0;
  }

  /** Mixes in a non-negative integer up to 2^53, such as a time. */
  integer(value: number): void {
    this.word(value | 0);
    this.word((value / 0x1_0000_0000) | 0);
  }

  /** Mixes in bytes and their number. */
  bytes(bytes: Uint8Array): void {
    this.word(digestOf(bytes));
  }

  /** Mixes in text. */
  text(text: string): void {
    this.word(digestOfText(text));
  }

  /** Returns the hash as sixteen hexadecimal digits. */
  digest(): string {
    return hex(this.high) + hex(this.low);
  }
}

/** A 32-bit digest of bytes: FNV-1a over four-byte words, for speed. */
export function digestOf(bytes: Uint8Array): number {
  let digest = bytes.length | 0;
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    digest = Math.imul(digest ^ word, 0x01000193);
    digest ^= digest >>> 15;
  }
  for (let i = whole; i < bytes.length; i++) {
    digest = Math.imul(digest ^ (bytes[i] as number), 0x01000193);
  }
  return digest;
}

/** A 32-bit digest of text: FNV-1a over its UTF-16 code units. */
export function digestOfText(text: string): number {
  let digest = text.length | 0;
  for (let i = 0; i < text.length; i++) {
    digest = Math.imul(digest ^ text.charCodeAt(i), 0x01000193);
  }
  return digest;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
