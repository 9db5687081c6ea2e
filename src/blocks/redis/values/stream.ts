/**
 * Streams: entries in the order of their IDs. The nodes into which Redis would pack them are
 * counted as well, because approximate trimming (`~`) removes whole nodes.
 */
import type { Group } from "./stream-group.ts";
import { formatId, type StreamId } from "./stream-id.ts";
import { Value } from "./value.ts";

/** The maximum size of a node in Redis: `stream-node-max-entries` and `-bytes`, 0 for no limit. */
export interface NodeLimits {
  readonly streamEntries: number;
  readonly streamBytes: number;
}

export interface StreamEntry {
  readonly id: StreamId;
  /** Alternating fields and values. */
  readonly fields: readonly string[];
}

interface Node {
  live: number;
  total: number;
  bytes: number;
}

/** How XADD and XTRIM trim. */
export interface Trim {
  readonly lengthMax?: number;
  readonly idMin?: StreamId;
  readonly approximate: boolean;
  /** The maximum number of entries to remove, or 0 for no limit. */
  readonly limit: number;
}

export class StreamValue extends Value {
  readonly type = "stream" as const;
  #entries: StreamEntry[] = [];
  #head = 0;
  #nodes: Node[] = [];
  lastId: StreamId = 0n;
  maxDeletedId: StreamId = 0n;
  entriesAdded = 0;
  readonly groups: Map<string, Group> = new Map();

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get nodes(): number {
    return this.#nodes.length;
  }

  /** The first existing ID, or 0-0 if there is none. */
  get firstId(): StreamId {
    return this.#entries[this.#head]?.id ?? 0n;
  }

  get first(): StreamEntry | undefined {
    return this.#entries[this.#head];
  }

  get last(): StreamEntry | undefined {
    return this.length > 0 ? this.#entries[this.#entries.length - 1] : undefined;
  }

  /** Adds an entry, whose ID must be greater than all earlier ones. */
  append(id: StreamId, fields: readonly string[], limits: NodeLimits): void {
    const bytes = fields.reduce((sum, field) => sum + field.length + 2, 12);
    let node = this.#nodes[this.#nodes.length - 1];
    const full =
      node !== undefined &&
      ((limits.streamEntries > 0 && node.total >= limits.streamEntries) ||
        (limits.streamBytes > 0 && node.bytes + bytes > limits.streamBytes));
    if (!node || full) {
      node = { live: 0, total: 0, bytes: 0 };
      this.#nodes.push(node);
    }
    node.live++;
    node.total++;
    node.bytes += bytes;
    this.#entries.push({ id, fields });
    this.lastId = id;
    this.entriesAdded++;
  }

  /** Returns the index of the first entry with this ID or a greater one. */
  #place(id: StreamId): number {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as StreamEntry).id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(id: StreamId): StreamEntry | undefined {
    const entry = this.#entries[this.#place(id)];
    return entry?.id === id ? entry : undefined;
  }

  /** Returns up to `count` entries from `start` to `end`, both included. */
  range(start: StreamId, end: StreamId, count: number = Infinity): StreamEntry[] {
    const from = this.#place(start);
    const to = Math.min(from + count, this.#place(end + 1n));
    return this.#entries.slice(from, Math.max(from, to));
  }

  /** Returns up to `count` entries from `end` down to `start`. */
  rangeDown(start: StreamId, end: StreamId, count: number = Infinity): StreamEntry[] {
    const to = this.#place(end + 1n);
    const from = Math.max(this.#place(start), to - count);
    return this.#entries.slice(from, Math.max(from, to)).reverse();
  }

  /** Removes a single entry, as XDEL does. Returns true if it existed. */
  delete(id: StreamId): boolean {
    const place = this.#place(id);
    if (this.#entries[place]?.id !== id) return false;
    let left = place - this.#head;
    const at = this.#nodes.findIndex((node) => {
      if (left < node.live) return true;
      left -= node.live;
      return false;
    });
    const node = this.#nodes[at] as Node;
    if (--node.live === 0) this.#nodes.splice(at, 1);
    this.#entries.splice(place, 1);
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  /** Removes old entries. Returns how many were removed. */
  trim(trim: Trim): number {
    const surplus =
      trim.lengthMax === undefined
        ? this.#place(trim.idMin as StreamId) - this.#head
        : Math.max(0, this.length - trim.lengthMax);
    let doomed = surplus;
    if (trim.approximate) {
      doomed = 0;
      for (const node of this.#nodes) {
        const after = doomed + node.live;
        if (after > surplus || (trim.limit > 0 && after > trim.limit)) break;
        doomed = after;
      }
    }
    this.#drop(doomed);
    return doomed;
  }

  #drop(count: number): void {
    let left = count;
    while (left > 0) {
      const node = this.#nodes[0] as Node;
      if (node.live > left) {
        node.live -= left;
        break;
      }
      left -= node.live;
      this.#nodes.shift();
    }
    this.#head += count;
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Returns true if an entry at `start` or later was deleted explicitly. */
  hasTombstones(start: StreamId): boolean {
    if (this.length === 0 || this.maxDeletedId === 0n) return false;
    return this.firstId <= this.maxDeletedId && start <= this.maxDeletedId;
  }

  /** Returns how many entries were ever added up to this ID, or undefined if that is unknown. */
  distance(id: StreamId): number | undefined {
    if (this.entriesAdded === 0) return 0;
    if (this.length === 0 && id <= this.lastId) return this.entriesAdded;
    if (id === this.lastId) return this.entriesAdded;
    if (id > this.lastId) return undefined;
    if (this.maxDeletedId === 0n || this.maxDeletedId < this.firstId) {
      if (id < this.firstId) return this.entriesAdded - this.length;
      if (id === this.firstId) return this.entriesAdded - this.length + 1;
    }
    return undefined;
  }

  /** Returns the groups by name. */
  sortedGroups(): Group[] {
    return [...this.groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Returns the entries in the nodes that Redis would pack them into. */
  entriesByNode(): StreamEntry[][] {
    let at = this.#head;
    return this.#nodes.map(({ live }) => this.#entries.slice(at, (at += live)));
  }

  /**
   * Creates a stream from its nodes, each with its entries and their number before some were
   * deleted.
   */
  static restore(
    nodes: readonly { readonly entries: readonly StreamEntry[]; readonly total: number }[],
    lastId: StreamId,
    limits: NodeLimits,
  ): StreamValue {
    const stream = new StreamValue();
    for (const { entries, total } of nodes) {
      if (entries.length === 0) continue;
      const before = stream.#nodes.length;
      for (const { id, fields } of entries) stream.append(id, fields, limits);
      // The entries of one node stay in one node.
      const made = stream.#nodes.splice(before);
      const bytes = made.reduce((sum, node) => sum + node.bytes, 0);
      stream.#nodes.push({ live: entries.length, total, bytes });
    }
    stream.lastId = lastId;
    return stream;
  }

  encoding(): string {
    return "stream";
  }

  bytes(): number {
    return this.#nodes.reduce((sum, node) => sum + node.bytes, 128);
  }

  copy(): StreamValue {
    const copy = new StreamValue();
    copy.#entries = this.range(0n, this.lastId);
    copy.#nodes = this.#nodes.map((node) => ({ ...node }));
    copy.lastId = this.lastId;
    copy.maxDeletedId = this.maxDeletedId;
    copy.entriesAdded = this.entriesAdded;
    for (const [name, group] of this.groups) copy.groups.set(name, group.copy());
    return copy;
  }
}

/** Formats an entry as a reply: its ID and its fields. */
export function entryReply({ id, fields }: StreamEntry): [string, readonly string[]] {
  return [formatId(id), fields];
}
