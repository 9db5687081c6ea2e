/** The little of ASN.1's distinguished encoding that keys are made of: reading an element, writing one. */

/** Tags of the elements that keys use. */
export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  identifier: 0x06,
  sequence: 0x30,
} as const;

/** An element: its tag, what it holds, and all its bytes. */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

/** The elements that stand one after the other in `bytes`. */
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

/** What is in the one element of `bytes`, as elements. */
export function readSequence(bytes: Uint8Array): Element[] {
  return readElements((readElements(bytes)[0] as Element).content);
}

/** An element with this tag, that holds `parts` one after the other. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

/** A sequence of elements. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(Tag.sequence, ...parts);
}

/** A number that is not negative. */
export function integer(value: bigint): Buffer {
  const bytes = bytesOfNumber(value);
  const sign = (bytes[0] as number) >= 0x80 ? [Buffer.of(0)] : [];
  return element(Tag.integer, ...sign, bytes);
}

/** The number that big-endian bytes stand for. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
}

/** The big-endian bytes of a number, `size` of them where that is given. */
export function bytesOfNumber(value: bigint, size = 0): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(even.padStart(size * 2, "0"), "hex");
}

const LINE = 64;

/** A PEM block; `headers` are the lines between its first line and its data. */
export function pem(label: string, der: Uint8Array, headers: readonly string[] = []): string {
  const base64 = Buffer.from(der).toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  const head = headers.length === 0 ? [] : [...headers, ""];
  return [`-----BEGIN ${label}-----`, ...head, ...lines, `-----END ${label}-----`, ""].join("\n");
}
