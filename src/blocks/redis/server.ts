/**
 * The server: its databases, clients, clock and settings, and the socket it listens on.
 *
 * All work happens inside {@link Server.event}: the time is read once, requests run to completion one after
 * another, clients that waited for a key are served, and then the output of everyone goes out. When nothing
 * happens and no key is due to expire, there are no timers: an idle server has no events.
 */
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { ProtocolError, RespError, Status } from "../../wire/index.ts";
import { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { Config } from "./config.ts";
import { Database } from "./database.ts";
import { dispatch } from "./dispatch.ts";
import { ExpiryHeap } from "./expiry.ts";
import { Notifier } from "./notify.ts";
import { PubSub } from "./pubsub.ts";
import { Commands } from "./table.ts";
import type { ScriptEngine } from "./scripting/engine.ts";

/** Redis looks for keys to expire ten times a second; so do we, but only when there are any. */
const EXPIRE_CYCLE_MS = 100;

/** What INFO counts. */
export interface Stats {
  connections: number;
  commands: number;
  hits: number;
  misses: number;
  expired: number;
  /** Error replies by their code. */
  readonly errors: Map<string, number>;
}

export class Server {
  readonly config: Config;
  readonly databases: Database[] = [];
  readonly commands: Commands = new Commands();
  readonly clients: Map<number, Client> = new Map();
  readonly pubsub: PubSub = new PubSub();
  readonly notifier: Notifier = new Notifier();
  readonly startedMs: number = Date.now();
  readonly monitors: Set<Client> = new Set();
  readonly stats: Stats = {
    connections: 0,
    commands: 0,
    hits: 0,
    misses: 0,
    expired: 0,
    errors: new Map(),
  };
  /** The wall clock of the event or command under way, in milliseconds since 1970. */
  nowMs: number = Date.now();
  /** While positive, the clock stands still: in a transaction or a script. */
  frozen = 0;
  /** Counts changes to the data. */
  dirty = 0;
  blockedClients = 0;
  /** Clients with output to flush at the end of the event. */
  pendingWrites: Client[] = [];
  /** Clients that were unblocked and may have requests waiting. */
  resumable: Client[] = [];
  /** The scripts' engine, made by the first EVAL. */
  scripts: ScriptEngine | undefined;
  /** Event handlers stop reading while a client paused everyone (CLIENT PAUSE). */
  pausedUntilMs = 0;
  onShutdown: () => void = () => process.exit(0);
  readonly #expiries: ExpiryHeap = new ExpiryHeap();
  #expiryTimer: NodeJS.Timeout | undefined;
  #expiryTimerMs = Infinity;
  #ready: { database: Database; key: string }[] = [];
  #nextClientId = 1;
  #net: NetServer | undefined;
  #runId = "";
  #inEvent = false;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.config = new Config(settings, this);
    const count = Number(this.config.get("databases"));
    for (let index = 0; index < count; index++) this.databases.push(new Database(this, index));
  }

  get password(): string {
    return this.config.get("requirepass");
  }

  /** Forty hexadecimal digits that tell this process from others. */
  get runId(): string {
    while (this.#runId.length < 40) this.#runId += Math.floor(Math.random() * 16).toString(16);
    return this.#runId;
  }

  /** Lets a setting that CONFIG SET changed take effect. */
  configured(name: string): void {
    if (name === "proto-max-bulk-len") {
      const bytesMax = this.config.number(name);
      for (const client of this.clients.values()) client.decoder.bulkBytesMax = bytesMax;
    }
  }

  /** Starts to listen; resolves with the port, rejects with Node's error. */
  listen(port: number, host?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const net = createServer((socket) => this.#connected(socket));
      this.#net = net;
      net.once("error", reject);
      net.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
        net.off("error", reject);
        const address = net.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Stops listening and drops every client. */
  close(): Promise<void> {
    clearTimeout(this.#expiryTimer);
    this.#expiryTimerMs = Infinity;
    return new Promise((resolve) => {
      if (this.#net) this.#net.close(() => resolve());
      else resolve();
      for (const client of this.clients.values()) client.socket?.destroy();
    });
  }

  #connected(socket: Socket): void {
    this.nowMs = Date.now();
    socket.setNoDelay(true);
    const client = new Client(this, this.#nextClientId++, socket);
    if (this.clients.size >= Number(this.config.get("maxclients"))) {
      socket.end("-ERR max number of clients reached\r\n");
      return;
    }
    this.clients.set(client.id, client);
    this.stats.connections++;
    socket.on("data", (chunk: Buffer) => {
      client.decoder.push(chunk);
      this.event(() => this.#run(client));
    });
    // A client that ends its side may still be owed replies; they were written before this event.
    socket.on("error", () => undefined);
    socket.on("close", () => this.event(() => this.forget(client)));
  }

  /** Forgets a client whose connection is gone. */
  forget(client: Client): void {
    if (client.closed) return;
    client.closed = true;
    client.unblock(undefined);
    client.unwatch();
    this.pubsub.forget(client);
    this.monitors.delete(client);
    this.clients.delete(client.id);
  }

  /** Runs `work` as one event: afterwards waiting clients are served and output goes out. */
  event(work: () => void): void {
    if (this.#inEvent) {
      work();
      return;
    }
    this.#inEvent = true;
    try {
      this.nowMs = Date.now();
      work();
      for (;;) {
        const client = this.resumable.shift();
        if (client === undefined) break;
        this.#run(client);
      }
    } finally {
      this.#inEvent = false;
      const writes = this.pendingWrites;
      this.pendingWrites = [];
      for (const client of writes) client.flush();
    }
  }

  /** Runs the requests that a client has sent, until it blocks or there are no more. */
  #run(client: Client): void {
    try {
      while (!client.closing && !client.closed && client.blocked === undefined) {
        const request = client.decoder.next();
        if (request === null) return;
        if (this.frozen === 0) this.nowMs = Date.now();
        dispatch(client, request);
        if (this.#ready.length > 0) this.#serveReady();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      client.reply(new RespError(`ERR Protocol error: ${error.message}`));
      client.close();
    }
  }

  /** Notes that clients blocked on `key` may go on. */
  markReady(database: Database, key: string): void {
    for (const entry of this.#ready) if (entry.database === database && entry.key === key) return;
    this.#ready.push({ database, key });
  }

  /** Serves blocked clients in the order in which they came, key by key, until nothing changes. */
  #serveReady(): void {
    while (this.#ready.length > 0) {
      const batch = this.#ready;
      this.#ready = [];
      for (const { database, key } of batch) {
        for (const client of (database.blocked.get(key) ?? []).slice()) {
          const { blocked } = client;
          if (!blocked || blocked.database !== database) continue;
          const reply = blocked.attempt(key);
          if (reply !== undefined) client.unblock(reply);
        }
      }
    }
  }

  /** Exchanges the contents of two databases; clients stay where they are and see the other's keys. */
  swap(first: Database, second: Database): void {
    for (const database of [first, second]) {
      const other = database === first ? second : first;
      for (const key of database.watchers.keys()) {
        if (database.keys.has(key) || other.keys.has(key)) database.changed(key);
      }
    }
    [first.keys, second.keys] = [second.keys, first.keys];
    [first.expiring, second.expiring] = [second.expiring, first.expiring];
    for (const database of [first, second]) {
      for (const { key, value } of database.keys.slots()) {
        if (value.expireAtMs !== Infinity)
          this.#expiries.push(value.expireAtMs, database.index, key);
      }
      for (const key of database.blocked.keys()) if (database.keys.has(key)) database.ready(key);
    }
    this.#armExpiry();
  }

  /** Reads from nobody for a while, as a server that is busy. */
  stall(ms: number): void {
    for (const client of this.clients.values()) client.socket?.pause();
    setTimeout(() => {
      for (const client of this.clients.values()) client.socket?.resume();
    }, ms);
  }

  /** Shows a command to the clients that MONITOR. */
  monitor(client: Client, command: Command, args: readonly string[]): void {
    if (command.flags.includes("a") || command.name === "auth") return;
    const source = client.socket
      ? `${client.socket.remoteAddress}:${client.socket.remotePort}`
      : "lua";
    const words = args.map((arg) => `"${escapeBytes(arg)}"`).join(" ");
    const line = `${(this.nowMs / 1_000).toFixed(6)} [${client.db.index} ${source}] ${words}`;
    for (const watcher of this.monitors) if (watcher !== client) watcher.push(new Status(line));
  }

  /** Counts an error reply by its code, for INFO. */
  countError(error: RespError): void {
    const code = /^[A-Z]+/.exec(error.text)?.[0] ?? "ERR";
    const { errors } = this.stats;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  /** Commands that have been called, for INFO. */
  calledCommands(): Command[] {
    return [...this.commands.used()]
      .flatMap((command) => [command, ...(command.subcommands?.values() ?? [])])
      .filter((command) => command.calls > 0);
  }

  resetStats(): void {
    for (const command of this.calledCommands()) command.calls = 0;
    Object.assign(this.stats, { connections: 0, commands: 0, hits: 0, misses: 0, expired: 0 });
    this.stats.errors.clear();
  }

  /** Publishes a keyspace notification, if the settings ask for this class of events. */
  notify(kind: string, event: string, key: string, database: Database): void {
    if (this.notifier.active) this.notifier.notify(this, kind, event, key, database.index);
  }

  /** Makes sure that a key is looked at when its time comes. */
  watchExpiry(atMs: number, database: number, key: string): void {
    this.#expiries.push(atMs, database, key);
    if (atMs < this.#expiryTimerMs) this.#armExpiry();
    if (this.#expiries.size > 64) this.#sweepExpiries();
  }

  #sweepExpiries(): void {
    let live = 0;
    for (const database of this.databases) live += database.expiring;
    if (this.#expiries.size <= live * 2 + 64) return;
    this.#expiries.sweep(
      ({ atMs, database, key }) => this.databases[database]?.keys.get(key)?.expireAtMs === atMs,
    );
  }

  #armExpiry(): void {
    const { nextMs } = this.#expiries;
    clearTimeout(this.#expiryTimer);
    this.#expiryTimerMs = nextMs;
    if (nextMs === Infinity) return;
    // A day at most: a timer cannot be longer than 2^31 ms, and the wall clock may be set meanwhile.
    const delayMs = Math.min(86_400_000, Math.max(EXPIRE_CYCLE_MS, nextMs - this.nowMs + 1));
    this.#expiryTimer = setTimeout(() => this.event(() => this.#expireDue()), delayMs);
  }

  /** Removes every key whose time has come; what is stale in the heap goes too. */
  #expireDue(): void {
    while (this.#expiries.nextMs <= this.nowMs) {
      const death = this.#expiries.pop();
      if (!death) break;
      const database = this.databases[death.database] as Database;
      const value = database.keys.get(death.key);
      if (value !== undefined && value.expireAtMs <= this.nowMs) database.expire(death.key);
    }
    this.#expiryTimerMs = Infinity;
    this.#armExpiry();
    if (this.#ready.length > 0) this.#serveReady();
  }
}

/** Bytes as MONITOR and redis-cli show them. */
export function escapeBytes(text: string): string {
  return text.replace(/["\\]|[^ -~]/g, (c) => {
    const named: Record<string, string> = {
      "\n": "\\n",
      "\r": "\\r",
      "\t": "\\t",
      "\x07": "\\a",
      "\b": "\\b",
    };
    if (c === '"' || c === "\\") return `\\${c}`;
    return named[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
