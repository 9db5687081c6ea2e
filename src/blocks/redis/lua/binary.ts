/** The container format of WebAssembly: a header, and sections with an id and a length each. */

/** A section, as stored in its file. */
export interface Section {
  readonly id: number;
  readonly payload: Uint8Array;
}

/** The ids of the sections that are used here. */
export const SectionId = { custom: 0, memory: 5, exports: 7 } as const;

const HEADER_BYTES = 8;

/** Reads unsigned variable-length numbers (LEB128). */
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

/** Returns the sections of a module, in order. */
export function sectionsOf(module: Uint8Array): Section[] {
  const reader = new BinaryReader(module, HEADER_BYTES);
  const sections: Section[] = [];
  while (!reader.done) {
    const id = reader.byte();
    sections.push({ id, payload: reader.bytes(reader.number()) });
  }
  return sections;
}

/** Encodes a number as in a module. */
export function encodeNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** Encodes a name with its length before it. */
export function encodeName(name: string): Uint8Array {
  const bytes = Buffer.from(name);
  return Buffer.concat([encodeNumber(bytes.length), bytes]);
}

/** Builds a module from these sections. */
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
