/**
 * A hash table that can also be drawn from at random and walked in pieces while it changes.
 *
 * Beside the `Map` it keeps its slots in a dense array. Removal moves the last slot into the gap, and a
 * scan walks from the end to the beginning: a slot can only move to a place that the scan has still to
 * visit, so every element that stays is seen at least once (Redis's promise for SCAN).
 */

/** One element: its key, its value, and where it is in the dense array. */
export interface Slot<V> {
  readonly key: string;
  value: V;
  at: number;
}

export class Dict<V> {
  readonly #slots: Map<string, Slot<V>> = new Map();
  #dense: Slot<V>[] = [];

  get size(): number {
    return this.#dense.length;
  }

  get(key: string): V | undefined {
    return this.#slots.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#slots.has(key);
  }

  /** Sets `key`; true when it is new. */
  set(key: string, value: V): boolean {
    const slot = this.#slots.get(key);
    if (slot) {
      slot.value = value;
      return false;
    }
    const fresh = { key, value, at: this.#dense.length };
    this.#slots.set(key, fresh);
    this.#dense.push(fresh);
    return true;
  }

  /** Removes `key`; true when it was there. */
  delete(key: string): boolean {
    const slot = this.#slots.get(key);
    if (!slot) return false;
    this.#slots.delete(key);
    const last = this.#dense.pop() as Slot<V>;
    if (last !== slot) {
      this.#dense[slot.at] = last;
      last.at = slot.at;
    }
    return true;
  }

  /** Removes `key` and keeps the order of the others, in linear time: for small collections. */
  deleteInOrder(key: string): boolean {
    const slot = this.#slots.get(key);
    if (!slot) return false;
    this.#slots.delete(key);
    this.#dense.splice(slot.at, 1);
    for (let at = slot.at; at < this.#dense.length; at++) (this.#dense[at] as Slot<V>).at = at;
    return true;
  }

  clear(): void {
    this.#slots.clear();
    this.#dense = [];
  }

  /** The slot at a place from 0 to `size - 1`; for random draws. */
  slotAt(at: number): Slot<V> {
    return this.#dense[at] as Slot<V>;
  }

  /** A random slot; the dictionary must not be empty. */
  random(): Slot<V> {
    return this.#dense[Math.floor(Math.random() * this.#dense.length)] as Slot<V>;
  }

  /** All slots, in order of insertion as long as nothing was removed with {@link delete}. */
  slots(): readonly Slot<V>[] {
    return this.#dense;
  }

  keys(): string[] {
    return this.#dense.map((slot) => slot.key);
  }

  /**
   * Visits about `count` slots from `cursor` on; 0 starts a scan. Gives the next cursor, 0 at the end.
   * The cursor is the number of slots still to visit.
   */
  scan(cursor: number, count: number, visit: (slot: Slot<V>) => void): number {
    const size = this.#dense.length;
    let at = cursor === 0 ? size : Math.min(cursor, size);
    const end = Math.max(0, at - count);
    while (at > end) visit(this.#dense[--at] as Slot<V>);
    return at;
  }
}
