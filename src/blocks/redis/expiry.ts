/**
 * Which keys die next: a heap by time of death. Entries are not removed when a key's expiry changes; they
 * are recognised as stale when they surface, and swept out when they outnumber the live ones.
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

  /** The earliest time in the heap; Infinity when it is empty. */
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

  /** Takes the earliest entry. */
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

  /** Forgets every entry that `alive` does not vouch for. */
  sweep(alive: (death: Death) => boolean): void {
    const kept = this.#heap.filter(alive);
    this.#heap = [];
    for (const death of kept) this.push(death.atMs, death.database, death.key);
  }

  clear(): void {
    this.#heap = [];
  }
}
