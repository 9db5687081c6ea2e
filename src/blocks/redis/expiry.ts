/**
 * The order in which keys expire: a heap by expiry time. Entries are not removed when a key's
 * expiry changes. They are recognised as stale when they reach the top, and all stale entries are
 * removed when they outnumber the live ones.
 */

interface Death {
  readonly atMs: number;
  readonly database: number;
  readonly key: string;
}

export class ExpiryHeap {
  #heap: Death[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest time in the heap, or Infinity if it is empty. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  push(atMs: number, database: number, key: string): void {
    const heap = this.#heap;
    let at = heap.length;
    const death = { atMs, database, key };
    heap.push(death);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Death;
      if (above.atMs <= atMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = death;
  }

  /** Removes and returns the earliest entry. */
  pop(): Death | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && right.atMs < (heap[child] as Death).atMs) child++;
      const below = heap[child] as Death;
      if (below.atMs >= last.atMs) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  /** Removes every entry for which `alive` returns false. */
  sweep(alive: (death: Death) => boolean): void {
    const kept = this.#heap.filter(alive);
    this.#heap = [];
    for (const death of kept) this.push(death.atMs, death.database, death.key);
  }

  clear(): void {
    this.#heap = [];
  }
}
