/**
 * The small part of ASN.1's distinguished encoding (DER) that keys need: reading and writing an
 * element.
 */
import { Buffer } from "node:buffer";

/** Tags of the elements that keys use. */
export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  identifier: 0x06,
  sequence: 0x30,
} as const;

/** An element: its tag, its content, and all its bytes. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

/** Returns the consecutive elements in `bytes`. */
export function readElements(bytes: Uint8Array): Element[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const out: Element[] = [];
  for (let at = 0; at < buffer.length;) {
    const tag = buffer[at] as number;
    let length = buffer[at + 1] as number;
    let start = at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      length = buffer.readUIntBE(start, count);
      start += count;
    }
    const end = start + length;
    if (end > buffer.length) throw new RangeError("an element goes beyond its bytes");
    out.push({ tag, content: buffer.subarray(start, end), bytes: buffer.subarray(at, end) });
    at = end;
  }
  return out;
}

/** Returns the content of the single element in `bytes`, as elements. */
export function readSequence(bytes: Uint8Array): Element[] {
  return readElements((readElements(bytes)[0] as Element).content);
}

/** Returns an element with this tag whose content is `parts`, concatenated. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

/** Returns a sequence of elements. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.sequence, ...parts);
}

/** Encodes a non-negative integer. */
export function integer(value: bigint): Buffer {
  const bytes = bytesOfNumber(value);
  const sign = (bytes[0] as number) >= 0x80 ? [Buffer.of(0)] : [];
  return element(Tag.integer, ...sign, bytes);
}

/** Returns the number that big-endian bytes encode. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
}

/** Returns the big-endian bytes of a number, padded to `size` bytes if that is given. */
export function bytesOfNumber(value: bigint, size = 0): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(even.padStart(size * 2, "0"), "hex");
}

const LINE = 64;

/** Returns a PEM block. `headers` are the lines between its first line and its data. */
export function pem(label: string, der: Uint8Array, headers: readonly string[] = []): string {
  const base64 = Buffer.from(der).toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  const head = headers.length === 0 ? [] : [...headers, ""];
  return [`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`, ""].join("\n");
}
