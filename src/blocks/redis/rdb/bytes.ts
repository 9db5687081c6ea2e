/** Reads and writes byte strings field by field. */

/** Thrown for invalid bytes. The message describes the problem. */
export class CorruptError extends Error {}

/** An unsigned number of `size` bytes, least significant first. */
export function littleEndian(value: number, size: number): string {
  let out = "";
  let rest = value;
  for (let left = size; left > 0; left--) {
    out += String.fromCharCode(rest & 0xff);
    rest = Math.floor(rest / 256);
  }
  return out;
}

/** A signed or unsigned 64-bit number, least significant byte first. */
export function littleEndian64(value: bigint): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes.toString("latin1");
}

/** A double, least significant byte first. */
export function littleEndianDouble(value: number): string {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value);
  return bytes.toString("latin1");
}

/**
 * Reads a byte string from the start. Every method throws {@link CorruptError} when the bytes end
 * too early.
 */
export class ByteReader {
  readonly text: string;
  at = 0;
  readonly end: number;

  constructor(text: string, end: number = text.length) {
    this.text = text;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  byte(): number {
    if (this.at >= this.end) throw new CorruptError("it ends too early");
    return this.text.charCodeAt(this.at++);
  }

  take(count: number): string {
    if (!(count >= 0 && count <= this.left)) throw new CorruptError("it ends too early");
    const part = this.text.slice(this.at, this.at + count);
    this.at += count;
    return part;
  }

  /** An unsigned number of up to six bytes, least significant first. */
  unsigned(size: number): number {
    let value = 0;
    for (let place = 0; place < size; place++) value += this.byte() * 256 ** place;
    return value;
  }

  /** A signed number of up to four bytes, least significant first. */
  signed(size: number): number {
    const value = this.unsigned(size);
    const range = 256 ** size;
    return value >= range / 2 ? value - range : value;
  }

  /** A signed 64-bit number, least significant byte first. */
  signed64(): bigint {
    return Buffer.from(this.take(8), "latin1").readBigInt64LE();
  }

  double(): number {
    return Buffer.from(this.take(8), "latin1").readDoubleLE();
  }
}
