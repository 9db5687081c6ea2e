/**
 * The dynamic table of HPACK (RFC 7541, section 2.3.2): the newest field has the lowest index, and the
 * oldest fall out when the table grows beyond its size. The encoder also looks fields up in it.
 */
import { type HeaderField, staticTable } from "./static-table.ts";

/** What an entry costs beyond its text (RFC 7541, section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** A first-in first-out table of header fields, bounded in bytes. */
export class DynamicTable {
  /** A ring would save the shifts; tables of header fields are short. */
  readonly #entries: HeaderField[] = [];
  /** Where in the sequence of all insertions a field, or a name, was inserted last. */
  readonly #lastField = new Map<string, number>();
  readonly #lastName = new Map<string, number>();
  #inserted = 0;
  #size = 0;
  #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** The bytes that the entries count for. */
  get size(): number {
    return this.#size;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** Changes the bound; what no longer fits is evicted. */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evict(maxSize);
  }

  /** Adds a field. One that is larger than the table empties it (RFC 7541, section 4.4). */
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

  /** The field of an HPACK index, from the static table or from this one. */
  at(index: number): HeaderField | undefined {
    if (index <= staticTable.length) return staticTable[index - 1];
    return this.#entries[this.#entries.length - (index - staticTable.length)];
  }

  /** The HPACK index of a whole field, or 0. */
  indexOfField(name: string, value: string): number {
    return this.#indexOf(this.#lastField.get(`${name}\0${value}`));
  }

  /** The HPACK index of a field of this name, or 0. */
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
