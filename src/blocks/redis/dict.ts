/**
 * A hash table that also supports random draws and incremental scans while it changes.
 *
 * In addition to the `Map`, it keeps its slots in a dense array. Removal moves the last slot into
 * the gap, and a scan walks from the end to the beginning. A slot can therefore only move to a
 * position that the scan has not visited yet, so every element that is present throughout the scan
 * is seen at least once (Redis's guarantee for SCAN).
 */

/** One element: its key, its value, and its index in the dense array. */
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

  /** Sets `key`. Returns true if it is new. */
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

  /** Removes `key`. Returns true if it was present. */
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

  /**
   * Removes `key` and keeps the order of the others. Takes linear time, so it is for small
   * collections.
   */
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

  /** Returns the slot at an index from 0 to `size - 1`, for random draws. */
  slotAt(at: number): Slot<V> {
    return this.#dense[at] as Slot<V>;
  }

  /** Returns a random slot. The dictionary must not be empty. */
  random(): Slot<V> {
    return this.#dense[Math.floor(Math.random() * this.#dense.length)] as Slot<V>;
  }

  /**
   * Returns all slots, in order of insertion as long as nothing was removed with {@link delete}.
   */
  slots(): readonly Slot<V>[] {
    return this.#dense;
  }

  keys(): string[] {
    return this.#dense.map((slot) => slot.key);
  }

  /**
   * Visits about `count` slots starting at `cursor`. 0 starts a scan. Returns the next cursor, or 0
   * at the end. The cursor is the number of slots that remain to be visited.
   */
  scan(cursor: number, count: number, visit: (slot: Slot<V>) => void): number {
    const size = this.#dense.length;
    let at = cursor === 0 ? size : Math.min(cursor, size);
    const end = Math.max(0, at - count);
    while (at > end) visit(this.#dense[--at] as Slot<V>);
    return at;
  }
}
