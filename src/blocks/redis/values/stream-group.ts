/**
 * Consumer groups: which consumer was delivered which entry, when, how often, and which entries are
 * not acknowledged yet.
 */
import type { StreamId } from "./stream-id.ts";

/** An entry that was delivered and not acknowledged. */
export interface Pending {
  readonly id: StreamId;
  consumer: Consumer;
  deliveredMs: number;
  deliveries: number;
}

/** Pending entries in the order of their IDs. */
export class PendingList {
  readonly #byId: Map<StreamId, Pending> = new Map();
  #order: Pending[] = [];

  get size(): number {
    return this.#order.length;
  }

  get(id: StreamId): Pending | undefined {
    return this.#byId.get(id);
  }

  /** Returns the index of the first entry with this ID or a greater one. */
  #place(id: StreamId): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#order[middle] as Pending).id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(pending: Pending): void {
    if (this.#byId.has(pending.id)) return;
    this.#byId.set(pending.id, pending);
    const last = this.#order[this.#order.length - 1];
    if (last === undefined || last.id < pending.id) this.#order.push(pending);
    else this.#order.splice(this.#place(pending.id), 0, pending);
  }

  delete(id: StreamId): boolean {
    if (!this.#byId.delete(id)) return false;
    const place = this.#place(id);
    if (place === 0) this.#order.shift();
    else this.#order.splice(place, 1);
    return true;
  }

  /** Returns the entries from `start` on. The list must not change during the iteration. */
  from(start: StreamId): Pending[] {
    return this.#order.slice(this.#place(start));
  }

  get first(): Pending | undefined {
    return this.#order[0];
  }

  get last(): Pending | undefined {
    return this.#order[this.#order.length - 1];
  }
}

export class Consumer {
  readonly name: string;
  seenMs: number;
  readonly pending: PendingList = new PendingList();

  constructor(name: string, nowMs: number) {
    this.name = name;
    this.seenMs = nowMs;
  }
}

export class Group {
  readonly name: string;
  lastId: StreamId;
  /** The number of entries read up to `lastId`, or undefined if it is unknown. */
  entriesRead: number | undefined;
  readonly pending: PendingList = new PendingList();
  readonly #consumers: Map<string, Consumer> = new Map();

  constructor(name: string, lastId: StreamId, entriesRead: number | undefined) {
    this.name = name;
    this.lastId = lastId;
    this.entriesRead = entriesRead;
  }

  /** Returns a consumer and updates the time when it was last seen. */
  seen(name: string, nowMs: number): Consumer | undefined {
    const consumer = this.#consumers.get(name);
    if (consumer) consumer.seenMs = nowMs;
    return consumer;
  }

  peek(name: string): Consumer | undefined {
    return this.#consumers.get(name);
  }

  add(name: string, nowMs: number): Consumer {
    const consumer = new Consumer(name, nowMs);
    this.#consumers.set(name, consumer);
    return consumer;
  }

  /** Removes a consumer and its pending entries. Returns how many there were. */
  remove(name: string): number | undefined {
    const consumer = this.#consumers.get(name);
    if (!consumer) return undefined;
    const { size } = consumer.pending;
    for (const { id } of consumer.pending.from(0n)) this.pending.delete(id);
    this.#consumers.delete(name);
    return size;
  }

  /** Returns all consumers, by name. */
  consumers(): Consumer[] {
    return [...this.#consumers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Assigns an entry to a consumer, and takes it from another one if necessary. */
  assign(pending: Pending, consumer: Consumer): void {
    if (pending.consumer !== consumer) pending.consumer.pending.delete(pending.id);
    pending.consumer = consumer;
    consumer.pending.add(pending);
    this.pending.add(pending);
  }

  /** Removes a pending entry. Returns true if there was one. */
  acknowledge(id: StreamId): boolean {
    const pending = this.pending.get(id);
    if (!pending) return false;
    this.pending.delete(id);
    pending.consumer.pending.delete(id);
    return true;
  }

  copy(): Group {
    const copy = new Group(this.name, this.lastId, this.entriesRead);
    for (const consumer of this.consumers()) copy.add(consumer.name, consumer.seenMs);
    for (const pending of this.pending.from(0n)) {
      const consumer = copy.peek(pending.consumer.name) as Consumer;
      copy.assign({ ...pending, consumer }, consumer);
    }
    return copy;
  }
}
