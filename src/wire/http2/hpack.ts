/**
 * HPACK, the header compression of HTTP/2 (RFC 7541). Names and values are strings with one byte
 * per character. Which fields are indexed follows nghttp2's deflater, so that sizes match real
 * traffic.
 */
import { DynamicTable, ENTRY_OVERHEAD } from "./hpack-table.ts";
import { huffmanDecode, huffmanEncode, huffmanLength } from "./huffman.ts";
import { staticFields, staticNames } from "./static-table.ts";

/** The table size that both sides start with, in bytes. */
export const DEFAULT_TABLE_SIZE = 4_096;
/** The maximum length of a name or a value. */
const TEXT_LENGTH_MAX = 65_536;

/** A header block that cannot be decoded. The connection must end (COMPRESSION_ERROR). */
export class HpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HpackError";
  }
}

/** A header field to encode. */
export interface EncodableField {
  readonly name: string;
  readonly value: string;
  /** Set if no encoder on the path may add this field to a table. */
  readonly sensitive?: boolean;
}

/** Fields that change with every message. Indexing them would evict useful entries. */
const unindexed = new Set([
  ...[":path", "age", "content-length", "etag", "if-modified-since", "if-none-match"],
  ...["location", "set-cookie"],
]);

function neverIndexed({ name, value, sensitive }: EncodableField): boolean {
  return sensitive === true || name === "authorization" || (name === "cookie" && value.length < 20);
}

/** Encodes header blocks of one connection, in order. */
export class HpackEncoder {
  readonly #table: DynamicTable;
  /** The maximum size that this side uses, even if the peer allows more. */
  readonly #ownMax: number;
  /** The smallest and the latest maximum that the peer set since the last block. */
  #smallest: number | undefined;
  #pending: number | undefined;
  #out = new Uint8Array(1_024);
  #at = 0;

  constructor(maxTableSize: number = DEFAULT_TABLE_SIZE) {
    this.#ownMax = maxTableSize;
    this.#table = new DynamicTable(DEFAULT_TABLE_SIZE);
    if (maxTableSize < DEFAULT_TABLE_SIZE) this.setMaxTableSize(DEFAULT_TABLE_SIZE);
  }

  /** The current size of the dynamic table in bytes. */
  get tableSize(): number {
    return this.#table.size;
  }

  /** Sets the peer's SETTINGS_HEADER_TABLE_SIZE. The next block announces it to the decoder. */
  setMaxTableSize(size: number): void {
    const bound = Math.min(size, this.#ownMax);
    this.#smallest = Math.min(this.#smallest ?? bound, bound);
    this.#pending = bound;
    this.#table.resize(bound);
  }

  /** Encodes one header block. */
  encode(fields: readonly EncodableField[]): Uint8Array {
    this.#at = 0;
    if (this.#pending !== undefined) {
      const smallest = this.#smallest as number;
      if (smallest < this.#pending) this.#integer(0x20, 5, smallest);
      this.#integer(0x20, 5, this.#pending);
      this.#smallest = undefined;
      this.#pending = undefined;
    }
    for (const field of fields) this.#field(field);
    return this.#out.slice(0, this.#at);
  }

  #field(field: EncodableField): void {
    const { name, value } = field;
    const never = neverIndexed(field);
    if (!never) {
      const known = staticFields.get(`${name}\0${value}`) ?? this.#table.indexOfField(name, value);
      if (known > 0) {
        this.#integer(0x80, 7, known);
        return;
      }
    }
    const nameIndex = staticNames.get(name) ?? this.#table.indexOfName(name);
    const cost = name.length + value.length + ENTRY_OVERHEAD;
    const indexed = !never && !unindexed.has(name) && cost <= (this.#table.maxSize * 3) / 4;
    if (indexed) this.#integer(0x40, 6, nameIndex);
    else this.#integer(never ? 0x10 : 0x00, 4, nameIndex);
    if (nameIndex === 0) this.#text(name);
    this.#text(value);
    if (indexed) this.#table.add({ name, value });
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return;
    const larger = new Uint8Array(Math.max(this.#out.length * 2, this.#at + bytes));
    larger.set(this.#out.subarray(0, this.#at));
    this.#out = larger;
  }

  #integer(pattern: number, prefixBits: number, value: number): void {
    this.#reserve(6);
    const max = (1 << prefixBits) - 1;
    if (value < max) {
      this.#out[this.#at++] = pattern | value;
      return;
    }
    this.#out[this.#at++] = pattern | max;
    let rest = value - max;
    while (rest >= 128) {
      this.#out[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#out[this.#at++] = rest;
  }

  #text(text: string): void {
    const short = huffmanLength(text);
    if (short < text.length) {
      this.#integer(0x80, 7, short);
      this.#reserve(short);
      this.#at = huffmanEncode(text, this.#out, this.#at);
      return;
    }
    this.#integer(0x00, 7, text.length);
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#out[this.#at++] = text.charCodeAt(i);
  }
}

/**
 * Called for each decoded field. `sensitive` fields must not be indexed when they are forwarded.
 */
export type FieldListener = (name: string, value: string, sensitive: boolean) => void;

/** Decodes header blocks of one connection, in order. */
export class HpackDecoder {
  readonly #table = new DynamicTable(DEFAULT_TABLE_SIZE);
  /** The maximum from our SETTINGS_HEADER_TABLE_SIZE, once the peer has acknowledged it. */
  #limit: number = DEFAULT_TABLE_SIZE;
  #block = new Uint8Array(0);
  #at = 0;
  /** True if the peer must announce a smaller table at the start of its next header block. */
  #expectUpdate = false;

  /** The current size of the dynamic table in bytes. */
  get tableSize(): number {
    return this.#table.size;
  }

  /** Called when the peer has acknowledged our SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableSize(size: number): void {
    if (size < this.#table.maxSize) {
      this.#expectUpdate = true;
      this.#table.resize(size);
    }
    this.#limit = size;
  }

  /** Decodes one whole header block. Throws {@link HpackError}. */
  decode(block: Uint8Array, onField: FieldListener): void {
    this.#block = block as Uint8Array<ArrayBuffer>;
    this.#at = 0;
    let updatesAllowed = true;
    while (this.#at < block.length) {
      const first = block[this.#at] as number;
      if ((first & 0xe0) === 0x20) {
        if (!updatesAllowed) throw new HpackError("table size update within a block");
        const size = this.#integer(5);
        if (size > this.#limit) throw new HpackError("table size update beyond the limit");
        this.#table.resize(size);
        this.#expectUpdate = false;
        continue;
      }
      if (this.#expectUpdate) throw new HpackError("a table size update was expected");
      updatesAllowed = false;
      if (first & 0x80) {
        const field = this.#table.at(this.#integer(7));
        if (!field) throw new HpackError("index out of range");
        onField(field.name, field.value, false);
        continue;
      }
      const indexed = (first & 0x40) !== 0;
      const nameIndex = this.#integer(indexed ? 6 : 4);
      const name = nameIndex === 0 ? this.#text() : this.#table.at(nameIndex)?.name;
      if (name === undefined) throw new HpackError("index out of range");
      const value = this.#text();
      if (indexed) this.#table.add({ name, value });
      onField(name, value, !indexed && (first & 0x10) !== 0);
    }
  }

  #integer(prefixBits: number): number {
    const max = (1 << prefixBits) - 1;
    let value = (this.#block[this.#at++] as number) & max;
    if (value < max) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw new HpackError("an integer is cut short");
      value += (byte & 127) * scale;
      if (value > 0xffff_ffff) throw new HpackError("an integer is too large");
      if (byte < 128) return value;
      if (scale > 0xffff_ffff) throw new HpackError("an integer is too long");
    }
  }

  #text(): string {
    const first = this.#block[this.#at];
    if (first === undefined) throw new HpackError("a string is missing");
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (length > TEXT_LENGTH_MAX) throw new HpackError("a string is too long");
    if (end > this.#block.length) throw new HpackError("a string is cut short");
    this.#at = end;
    if (first & 0x80) {
      const text = huffmanDecode(this.#block, start, end);
      if (text === undefined) throw new HpackError("bad Huffman code");
      return text;
    }
    let text = "";
    for (let i = start; i < end; i++) text += String.fromCharCode(this.#block[i] as number);
    return text;
  }
}
