/**
 * The dynamic table of HPACK (RFC 7541, section 2.3.2): the newest field has the lowest index, and
 * the oldest fields are evicted when the table exceeds its size. The encoder also uses it to look
 * up fields.
 */
import { type HeaderField, staticTable } from "./static-table.ts";

/** The size of an entry in addition to its text (RFC 7541, section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** A first-in first-out table of header fields, bounded in bytes. */
export class DynamicTable {
  /** A ring buffer would avoid the shifts, but these tables are short. */
  readonly #entries: HeaderField[] = [];
  /**
   * The position, in the sequence of all insertions, of the latest insertion of each field or name.
   */
  readonly #lastField = new Map<string, number>();
  readonly #lastName = new Map<string, number>();
  #inserted = 0;
  #size = 0;
  #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** The size of all entries in bytes, as RFC 7541 counts it. */
  get size(): number {
    return this.#size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Changes the maximum size and evicts the entries that no longer fit. */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict(maxSize);
  }

  /** Adds a field. A field that is larger than the table empties it (RFC 7541, section 4.4). */
  add(field: HeaderField): void {
    const cost = field.name.length + field.value.length + ENTRY_OVERHEAD;
    this.#evict(Math.max(0, this.#maxSize - cost));
    if (cost > this.#maxSize) return;
    this.#entries.push(field);
    this.#size += cost;
    this.#lastField.set(`${field.name}\0${field.value}`, this.#inserted);
    this.#lastName.set(field.name, this.#inserted);
    this.#inserted++;
  }

  /** Returns the field with this HPACK index, from the static table or this one. */
  at(index: number): HeaderField | undefined {
    if (index <= staticTable.length) return staticTable[index - 1];
    return this.#entries[this.#entries.length - (index - staticTable.length)];
  }

  /** Returns the HPACK index of a field with this name and value, or 0 if there is none. */
  indexOfField(name: string, value: string): number {
    return this.#indexOf(this.#lastField.get(`${name}\0${value}`));
  }

  /** Returns the HPACK index of a field with this name, or 0 if there is none. */
  indexOfName(name: string): number {
    return this.#indexOf(this.#lastName.get(name));
  }

  #indexOf(insertion: number | undefined): number {
    if (insertion === undefined) return 0;
    return staticTable.length + this.#inserted - insertion;
  }

  #evict(target: number): void {
    while (this.#size > target) {
      const oldest = this.#entries.shift() as HeaderField;
      const insertion = this.#inserted - this.#entries.length - 1;
      this.#size -= oldest.name.length + oldest.value.length + ENTRY_OVERHEAD;
      const key = `${oldest.name}\0${oldest.value}`;
      if (this.#lastField.get(key) === insertion) this.#lastField.delete(key);
      if (this.#lastName.get(oldest.name) === insertion) this.#lastName.delete(oldest.name);
    }
  }
}
