/**
 * One numbered database: keys and their values, expiry, and the clients that watch or wait for a
 * key.
 *
 * All reads and writes of commands go through here, so that an expired key is never visible, a
 * change always fails the transactions that WATCH it, and a waiting client is always notified when
 * its key becomes ready.
 */
import { countAccess } from "./frequency.ts";
import { WRONG_TYPE } from "./errors.ts";
import { Dict, type Slot } from "./dict.ts";
import type { Client } from "./client.ts";
import type { Server } from "./server.ts";
import { StringValue } from "./values/string.ts";
import type { Value } from "./values/value.ts";

/** A class of values, such as {@link StringValue}. */
type ValueClass<T extends Value> = abstract new (...args: never[]) => T;

export class Database {
  readonly server: Server;
  index: number;
  keys: Dict<Value> = new Dict();
  /** The number of keys that have an expiry. */
  expiring = 0;
  /** The clients that WATCH a key. */
  readonly watchers: Map<string, Set<Client>> = new Map();
  /** The clients blocked on a key, in order of arrival. */
  readonly blocked: Map<string, Client[]> = new Map();

  constructor(server: Server, index: number) {
    this.server = server;
    this.index = index;
  }

  /** Returns the value of a key that has not expired, and counts the access. */
  lookup(key: string): Value | undefined {
    const value = this.keys.get(key);
    if (value === undefined) {
      this.server.stats.misses++;
      return undefined;
    }
    const { nowMs } = this.server;
    if (value.expireAtMs <= nowMs) {
      this.expire(key);
      this.server.stats.misses++;
      return undefined;
    }
    value.touchedMs = nowMs;
    if (this.server.countsAccesses) countAccess(value, nowMs, this.server.config);
    this.server.stats.hits++;
    return value;
  }

  /** Returns the value of a key that has not expired, without counting an access. */
  peek(key: string): Value | undefined {
    const value = this.keys.get(key);
    if (value !== undefined && value.expireAtMs <= this.server.nowMs) {
      this.expire(key);
      return undefined;
    }
    return value;
  }

  /** Returns the value of an existing key, which must be of this class. Throws WRONGTYPE. */
  get<T extends Value>(type: ValueClass<T>, key: string): T | undefined {
    const value = this.lookup(key);
    if (value === undefined || value instanceof type) return value as T | undefined;
    throw WRONG_TYPE;
  }

  /** Returns a string's bytes. Throws WRONGTYPE. */
  text(key: string): string | undefined {
    const value = this.lookup(key);
    if (value === undefined) return undefined;
    if (value instanceof StringValue) return value.text;
    throw WRONG_TYPE;
  }

  /**
   * Returns the value of a key of this class, and creates it if there is none. The caller must
   * notify of the change.
   */
  getOrAdd<T extends Value>(type: ValueClass<T>, key: string, make: () => T): T {
    const value = this.get(type, key);
    if (value !== undefined) return value;
    const fresh = make();
    this.add(key, fresh);
    return fresh;
  }

  /** Adds a key that does not exist yet. */
  add(key: string, value: Value): void {
    this.#fresh(value);
    this.keys.set(key, value);
    if (value.expireAtMs !== Infinity) this.#track(key, value.expireAtMs);
    this.ready(key);
    this.server.notify("n", "new", key, this);
  }

  #fresh(value: Value): void {
    value.touchedMs = this.server.nowMs;
    value.countedMs = this.server.nowMs;
  }

  /** Adds a key that was loaded from a file, without notifications. */
  restore(key: string, value: Value): void {
    const old = this.keys.get(key);
    if (old !== undefined) this.remove(key, old);
    this.#fresh(value);
    this.keys.set(key, value);
    if (value.expireAtMs !== Infinity) this.#track(key, value.expireAtMs);
    if (this.server.memory.tracking) this.server.memory.changed(key, value);
  }

  /** Sets a key, regardless of its previous value. Its expiry is that of `value`. */
  put(key: string, value: Value): void {
    const old = this.peek(key);
    if (old === undefined) {
      this.add(key, value);
    } else {
      if (old.expireAtMs !== Infinity) this.expiring--;
      if (this.server.memory.tracking) this.server.memory.removed(old);
      this.#fresh(value);
      value.frequency = old.frequency;
      this.keys.set(key, value);
      if (value.expireAtMs !== Infinity) this.#track(key, value.expireAtMs);
      this.ready(key);
    }
    this.changed(key);
  }

  /** Sets a key's expiry time, or removes it if the time is Infinity. */
  setExpiry(key: string, value: Value, atMs: number): void {
    if (value.expireAtMs !== Infinity) this.expiring--;
    value.expireAtMs = atMs;
    if (atMs !== Infinity) this.#track(key, atMs);
  }

  /** Deletes an existing key. Returns true if there was one. */
  delete(key: string): boolean {
    const value = this.peek(key);
    if (value === undefined) return false;
    this.remove(key, value);
    this.changed(key);
    return true;
  }

  /** Deletes a collection that became empty, and notifies of it. */
  deleteEmpty(key: string): void {
    this.delete(key);
    this.server.notify("g", "del", key, this);
  }

  /** Removes a key from the table, without any other effect. */
  remove(key: string, value: Value): void {
    if (value.expireAtMs !== Infinity) this.expiring--;
    if (this.server.memory.tracking) this.server.memory.removed(value);
    this.keys.delete(key);
    if (value.type === "stream" && this.blocked.has(key)) this.server.markReady(this, key);
  }

  /** Deletes an expired key. */
  expire(key: string): void {
    const value = this.keys.get(key);
    // While clients are paused, nothing changes. The key is only hidden.
    if (value === undefined || this.server.pause.active) return;
    this.remove(key, value);
    this.server.stats.expired++;
    this.server.notify("x", "expired", key, this);
    this.#gone(key);
  }

  /** Removes a key to make room. */
  evict(key: string): void {
    const value = this.keys.get(key);
    if (value === undefined) return;
    this.remove(key, value);
    this.server.notify("e", "evicted", key, this);
    this.#gone(key);
  }

  /**
   * Called for a key that was removed by the server itself: the removal is recorded, and the
   * current command continues.
   */
  #gone(key: string): void {
    const { dirty, propagation } = this.server;
    this.changed(key);
    // The removal is recorded separately. It does not count as a change by the command.
    this.server.dirty = dirty;
    if (propagation !== undefined) {
      propagation.also(this, ["DEL", key]);
      propagation.commit();
    }
  }

  /**
   * Returns up to `count` randomly drawn slots. With `volatile`, only keys that have an expiry are
   * drawn.
   */
  sample(count: number, volatile: boolean): Slot<Value>[] {
    const { size } = this.keys;
    if (size === 0 || (volatile && this.expiring === 0)) return [];
    if (size <= count) {
      return this.keys.slots().filter(({ value }) => !volatile || value.expireAtMs !== Infinity);
    }
    const found: Slot<Value>[] = [];
    const start = Math.floor(Math.random() * size);
    // If few keys have an expiry, a walk from a random position finds one sooner than random draws.
    for (let step = 0; step < size && found.length < count; step++) {
      const slot = volatile ? this.keys.slotAt((start + step) % size) : this.keys.random();
      if (!volatile || slot.value.expireAtMs !== Infinity) found.push(slot);
    }
    return found;
  }

  /** Deletes every key. */
  flush(): number {
    const removed = this.keys.size;
    if (this.server.memory.tracking) {
      for (const { value } of this.keys.slots()) this.server.memory.removed(value);
    }
    this.touchAll(undefined);
    for (const key of this.blocked.keys()) if (this.keys.has(key)) this.server.markReady(this, key);
    this.keys = new Dict();
    this.expiring = 0;
    return removed;
  }

  /** Notifies the clients that watch or track the key that it changed. */
  changed(key: string): void {
    this.server.dirty++;
    if (this.server.memory.tracking) {
      const value = this.keys.get(key);
      if (value !== undefined) this.server.memory.changed(key, value);
    }
    if (this.server.tracking !== undefined) this.server.tracking.invalidate(key);
    if (this.watchers.size > 0) this.#touch(key);
  }

  /** Fails the transactions that watch a key. */
  #touch(key: string): void {
    for (const client of this.watchers.get(key) ?? []) {
      const keys = client.watched.get(this);
      if (keys?.get(key) !== true) client.dirtyWatch = true;
      // A key that had already expired at WATCH and is now deleted counts as unchanged.
      else if (!this.keys.has(key)) keys.set(key, false);
    }
  }

  /**
   * Fails the transactions that watch a key which changes when the keys of `others` replace those
   * of this database.
   */
  touchAll(others: Database | undefined): void {
    for (const [key, watching] of this.watchers) {
      const here = this.keys.has(key);
      const there = others?.keys.has(key) === true;
      if (!here && !there) continue;
      const expiredThere = others?.isExpired(key) === true;
      for (const client of watching) {
        const keys = client.watched.get(this);
        if (keys?.get(key) === true) {
          if (!there) keys.set(key, false);
          else if (!expiredThere) client.dirtyWatch = true;
        } else if (!here && expiredThere) keys?.set(key, true);
        else client.dirtyWatch = true;
      }
    }
  }

  /** Whether the key exists and its expiry time has passed. */
  isExpired(key: string): boolean {
    const value = this.keys.get(key);
    return value !== undefined && value.expireAtMs <= this.server.nowMs;
  }

  /** Notifies the server that clients blocked on this key may continue. */
  ready(key: string): void {
    if (this.blocked.size > 0 && this.blocked.has(key)) this.server.markReady(this, key);
  }

  #track(key: string, atMs: number): void {
    this.expiring++;
    this.server.watchExpiry(atMs, this.index, key);
  }
}
