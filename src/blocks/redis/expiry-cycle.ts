/**
 * Removes keys when they expire. There is a timer only while some key has an expiry, so an idle
 * server has no events.
 */
import type { Database } from "./database.ts";
import { rarePaths } from "./faults.ts";
import { ExpiryHeap } from "./expiry.ts";
import type { Server } from "./server.ts";

/**
 * Redis looks for expired keys ten times a second. This server does so only while there are keys
 * with an expiry.
 */
const CYCLE_MS = 100;
/** A timer cannot exceed 2^31 ms, and the wall clock may be changed meanwhile. */
const DELAY_MS_MAX = 86_400_000;

export class ExpiryCycle {
  readonly #server: Server;
  readonly #heap: ExpiryHeap = new ExpiryHeap();
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Infinity;
  /** Whether keys are removed when they expire, and not only on access. */
  #active = true;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Schedules the removal of a key at its expiry time. */
  watch(atMs: number, database: number, key: string): void {
    this.#heap.push(atMs, database, key);
    if (atMs < this.#timerMs) this.#arm();
    if (this.#heap.size > 64) this.#sweep();
  }

  /** Turns removal by time on or off, for DEBUG. */
  setActive(active: boolean): void {
    this.#active = active;
    this.#arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timerMs = Infinity;
  }

  /** Removes stale entries if they are most of the heap. */
  #sweep(): void {
    const { databases } = this.#server;
    let live = 0;
    for (const database of databases) live += database.expiring;
    if (this.#heap.size <= live * 2 + 64) return;
    this.#heap.sweep(
      ({ atMs, database, key }) => databases[database]?.keys.get(key)?.expireAtMs === atMs,
    );
  }

  #arm(): void {
    const nextMs = this.#active ? this.#heap.nextMs : Infinity;
    clearTimeout(this.#timer);
    this.#timerMs = nextMs;
    if (nextMs === Infinity) return;
    const server = this.#server;
    const delayMs = Math.min(DELAY_MS_MAX, Math.max(CYCLE_MS, nextMs - server.nowMs + 1));
    this.#timer = setTimeout(() => server.event(() => this.#removeDue()), delayMs);
  }

  /** Removes every expired key, and the stale entries that come up in the heap. */
  #removeDue(): void {
    const server = this.#server;
    if (this.#heap.nextMs <= server.nowMs && server.rare(rarePaths.late)) {
      this.#timer = setTimeout(() => server.event(() => this.#removeDue()), CYCLE_MS);
      return;
    }
    if (!server.pause.active && !server.busy.active) {
      const startMs = server.timer.now();
      while (this.#heap.nextMs <= server.nowMs) {
        const death = this.#heap.pop();
        if (!death) break;
        const database = server.databases[death.database] as Database;
        const value = database.keys.get(death.key);
        if (value !== undefined && value.expireAtMs <= server.nowMs) database.expire(death.key);
      }
      server.timer.cycled("expire-cycle", startMs);
    }
    this.#timerMs = Infinity;
    this.#arm();
    server.serveWaiting();
  }
}
