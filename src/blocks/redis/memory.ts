/**
 * Estimates how much memory the dataset would use in Redis, and evicts keys if it exceeds
 * `maxmemory`: each time, the best candidate by the policy among a few random keys (evict.c).
 *
 * Sizes are estimates. They are tracked per key only while there is a limit.
 */
import type { Database } from "./database.ts";
import { countNow, idleMinutes } from "./frequency.ts";
import type { Server } from "./server.ts";
import type { Value } from "./values/value.ts";

/** The memory use of an empty server, in bytes. */
const EMPTY_BYTES = 900_000;
/**
 * The size of a key in addition to its name and value, in bytes: a table entry, an object, an entry
 * in the table of expiry times.
 */
const KEY_BYTES = 72;
const POOL_SIZE = 16;

interface Candidate {
  readonly database: Database;
  readonly key: string;
  /** The key with the greatest score is evicted first. */
  readonly score: number;
}

export class Memory {
  readonly #server: Server;
  #limitBytes = 0;
  #policy = "noeviction";
  #datasetBytes = 0;
  #peakBytes = 0;
  #pool: Candidate[] = [];
  evicted = 0;

  constructor(server: Server) {
    this.#server = server;
  }

  /** True while sizes are tracked. */
  get tracking(): boolean {
    return this.#limitBytes > 0;
  }

  /** The memory use of an empty server, in bytes. */
  get startupBytes(): number {
    return EMPTY_BYTES;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Reads `maxmemory` and `maxmemory-policy` from the settings. */
  configure(): void {
    const { config } = this.#server;
    const was = this.tracking;
    this.#limitBytes = config.number("maxmemory");
    this.#policy = config.get("maxmemory-policy");
    this.#pool = [];
    if (this.tracking && !was) this.#datasetBytes = this.#measure(true);
  }

  /** Returns the bytes in use by the dataset and the server itself. */
  used(): number {
    const dataset = this.tracking ? this.#datasetBytes : this.#measure(false);
    const bytes = EMPTY_BYTES + dataset + this.#clientBytes();
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    return bytes;
  }

  get peakBytes(): number {
    return Math.max(this.#peakBytes, this.used());
  }

  /**
   * Returns the bytes of requests that are not answered yet and of replies that are not sent yet.
   */
  #clientBytes(): number {
    let sum = 0;
    for (const { decoder, outputBytes } of this.#server.clients.values()) {
      sum += decoder.pendingBytes + outputBytes;
    }
    return sum;
  }

  #measure(remember: boolean): number {
    let sum = 0;
    for (const { keys } of this.#server.databases) {
      for (const { key, value } of keys.slots()) {
        const bytes = sizeOf(key, value);
        if (remember) value.accountedBytes = bytes;
        sum += bytes;
      }
    }
    return sum;
  }

  /** Called when a value was added or changed. */
  changed(key: string, value: Value): void {
    const bytes = sizeOf(key, value);
    this.#datasetBytes += bytes - value.accountedBytes;
    value.accountedBytes = bytes;
  }

  /** Called when a value was removed. */
  removed(value: Value): void {
    this.#datasetBytes -= value.accountedBytes;
    value.accountedBytes = 0;
  }

  /** Evicts keys until the limit is met. Returns false if that is not possible. */
  makeRoom(): boolean {
    const others = EMPTY_BYTES + this.#clientBytes();
    while (others + this.#datasetBytes > this.#limitBytes) {
      const victim = this.#policy === "noeviction" ? undefined : this.#victim();
      if (victim === undefined) return false;
      victim.database.evict(victim.key);
      this.evicted++;
    }
    return true;
  }

  #victim(): { database: Database; key: string } | undefined {
    const volatile = this.#policy.startsWith("volatile");
    if (this.#policy.endsWith("random")) {
      for (const database of this.#server.databases) {
        const slot = database.sample(1, volatile)[0];
        if (slot) return { database, key: slot.key };
      }
      return undefined;
    }
    for (const database of this.#server.databases) {
      const samples = this.#server.config.number("maxmemory-samples");
      for (const { key, value } of database.sample(samples, volatile)) {
        if (this.#pool.some((one) => one.database === database && one.key === key)) continue;
        this.#pool.push({ database, key, score: this.#scoreOf(value) });
      }
    }
    this.#pool.sort((a, b) => b.score - a.score);
    this.#pool.length = Math.min(this.#pool.length, POOL_SIZE);
    for (;;) {
      const best = this.#pool.shift();
      if (best === undefined) return undefined;
      // The key may have been removed, or may have lost its expiry, since it was drawn.
      const value = best.database.keys.get(best.key);
      if (value && (!volatile || value.expireAtMs !== Infinity)) return best;
    }
  }

  #scoreOf(value: Value): number {
    const { nowMs } = this.#server;
    if (this.#policy.endsWith("lru")) return nowMs - value.touchedMs;
    if (this.#policy.endsWith("ttl")) return -value.expireAtMs;
    return 255 - countNow(value, idleMinutes(value, nowMs), this.#server.config);
  }
}

function sizeOf(key: string, value: Value): number {
  return KEY_BYTES + key.length + value.bytes();
}
