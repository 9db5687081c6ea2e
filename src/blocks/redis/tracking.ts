/**
 * Client-side caching: which client may have which key in its cache, and which clients must be
 * notified that a key changed (tracking.c). Either the server remembers the keys that each client
 * read, or a client requests notifications for all keys with certain prefixes.
 */
import { PushReply, type Reply } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import type { Server } from "./server.ts";

/** A client's notification mode: the options of CLIENT TRACKING. */
export interface TrackingMode {
  /** The id of the client that receives the messages, or 0 for the client itself. */
  readonly redirect: number;
  readonly broadcast: boolean;
  readonly optIn: boolean;
  readonly optOut: boolean;
  /** True if the client is not notified of its own changes. */
  readonly noLoop: boolean;
  readonly prefixes: string[];
  /** The value that CLIENT CACHING set for the next command. */
  caching: boolean | undefined;
  brokenRedirect: boolean;
}

interface Prefix {
  readonly clients: Set<Client>;
  /** Keys that changed in this event, and the client that changed each. */
  changed: Map<string, Client | undefined>;
}

const CHANNEL = "__redis__:invalidate";

export class Tracking {
  readonly #server: Server;
  readonly #clients: Set<Client> = new Set();
  /** The clients that may have a key in their cache. */
  readonly #readers: Map<string, Set<Client>> = new Map();
  readonly #prefixes: Map<string, Prefix> = new Map();
  /** Keys of which the current client must be notified after its reply. Null means all keys. */
  #afterReply: (string | null)[] = [];

  constructor(server: Server) {
    this.#server = server;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  get keyCount(): number {
    return this.#readers.size;
  }

  get itemCount(): number {
    let sum = 0;
    for (const readers of this.#readers.values()) sum += readers.size;
    return sum;
  }

  get prefixCount(): number {
    return this.#prefixes.size;
  }

  enable(client: Client, mode: TrackingMode): void {
    this.#clients.add(client);
    client.tracking = mode;
    if (!mode.broadcast) return;
    for (const prefix of mode.prefixes.length === 0 ? [""] : mode.prefixes) {
      const entry = this.#prefixes.get(prefix);
      if (entry) entry.clients.add(client);
      else this.#prefixes.set(prefix, { clients: new Set([client]), changed: new Map() });
    }
  }

  disable(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.tracking = undefined;
    for (const [prefix, { clients }] of this.#prefixes) {
      clients.delete(client);
      if (clients.size === 0) this.#prefixes.delete(prefix);
    }
    for (const [key, readers] of this.#readers) {
      readers.delete(client);
      if (readers.size === 0) this.#readers.delete(key);
    }
  }

  /** Records that a client read these keys. */
  remember(client: Client, keys: readonly string[]): void {
    const mode = client.tracking;
    if (mode === undefined || mode.broadcast) return;
    if (mode.optIn && mode.caching !== true) return;
    if (mode.optOut && mode.caching === false) return;
    for (const key of keys) {
      const readers = this.#readers.get(key);
      if (readers) readers.add(client);
      else this.#readers.set(key, new Set([client]));
    }
  }

  /**
   * Called when a key changed, expired or was evicted: notifies the clients that may have it in
   * their cache.
   */
  invalidate(key: string): void {
    const by = this.#server.current;
    for (const [prefix, entry] of this.#prefixes) {
      if (key.startsWith(prefix)) entry.changed.set(key, by);
    }
    const readers = this.#readers.get(key);
    if (readers === undefined) return;
    this.#readers.delete(key);
    for (const client of readers) {
      if (client.tracking === undefined || client.tracking.broadcast) continue;
      if (client.tracking.noLoop && client === by) continue;
      if (client === by) this.#afterReply.push(key);
      else this.#send(client, [key]);
    }
  }

  /** Called when all keys of a database, or of all databases, were deleted. */
  invalidateAll(): void {
    for (const client of this.#clients) {
      if (client === this.#server.current) this.#afterReply.push(null);
      else this.#send(client, null);
    }
    this.#readers.clear();
  }

  /** Removes random keys if there are more than `tracking-table-max-keys`. */
  enforceLimit(): void {
    const max = this.#server.config.number("tracking-table-max-keys");
    if (max === 0) return;
    while (this.#readers.size > max) {
      const keys = [...this.#readers.keys()];
      this.invalidate(keys[Math.floor(Math.random() * keys.length)] as string);
    }
  }

  /** Called after a client's reply: notifies it of the keys that it changed itself. */
  replied(client: Client): void {
    if (this.#afterReply.length === 0) return;
    const keys = this.#afterReply;
    this.#afterReply = [];
    for (const key of keys) this.#send(client, key === null ? null : [key]);
  }

  /**
   * Called at the end of an event: notifies the clients that registered prefixes of all changes at
   * once.
   */
  broadcast(): void {
    for (const { clients, changed } of this.#prefixes.values()) {
      if (changed.size === 0) continue;
      const all = [...changed.keys()];
      for (const client of clients) {
        const { noLoop } = client.tracking as TrackingMode;
        const keys = noLoop ? all.filter((key) => changed.get(key) !== client) : all;
        if (keys.length > 0) this.#send(client, keys);
      }
      changed.clear();
    }
  }

  #send(client: Client, keys: readonly string[] | null): void {
    const mode = client.tracking as TrackingMode;
    let target: Client | undefined = client;
    if (mode.redirect !== 0) {
      target = this.#server.clients.get(mode.redirect);
      if (target === undefined) {
        mode.brokenRedirect = true;
        if (client.resp > 2) {
          client.push(new PushReply(["tracking-redir-broken", mode.redirect]));
        }
        return;
      }
    }
    const body: Reply = keys === null ? null : [...keys];
    if (target.resp > 2) target.push(new PushReply(["invalidate", body]));
    else if (mode.redirect !== 0 && target.subscriptions > 0) {
      target.push(new PushReply(["message", CHANNEL, body]));
    }
  }
}
