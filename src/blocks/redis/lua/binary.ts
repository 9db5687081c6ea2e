/** The container of WebAssembly: a header, and sections with a number and a length each. */

/** A section, as it is in its file. */
export interface Section {
  readonly id: number;
  readonly payload: Uint8Array;
}

/** The numbers of sections that are looked at here. */
export const SectionId = { custom: 0, memory: 5, exports: 7 } as const;

const HEADER_BYTES = 8;

/** Reads and writes numbers of variable length (LEB128, without a sign). */
export class BinaryReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++] as number;
  }

  number(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  bytes(count: number): Uint8Array {
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }
}

/** The sections of a module, in order. */
export function sectionsOf(module: Uint8Array): Section[] {
  const reader = new BinaryReader(module, HEADER_BYTES);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, payload: reader.bytes(reader.number()) });
  }
  return sections;
}

/** A number as a module holds it. */
export function encodeNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** A name, with its length before it. */
export function encodeName(name: string): Uint8Array {
  const bytes = Buffer.from(name);
  return Buffer.concat([encodeNumber(bytes.length), bytes]);
}

/** A module of these sections. */
export function moduleOf(header: Uint8Array, sections: readonly Section[]): Uint8Array {
  return Buffer.concat([
    header.subarray(0, HEADER_BYTES),
    ...sections.flatMap(({ id, payload }) => [
      Uint8Array.of(id),
      encodeNumber(payload.length),
      payload,
    ]),
  ]);
}
