/**
 * The server: its databases, clients, clock and settings, and the socket it listens on.
 *
 * All work happens inside {@link Server.event}: the time is read once, requests run to completion one after
 * another, clients that waited for a key are served, and then the output of everyone goes out. When nothing
 * happens and no key is due to expire, there are no timers: an idle server has no events.
 */
import type { Server as NetServer, Socket } from "node:net";
import { existsSync, createServer } from "./host.ts";
import { ProtocolError, RespError, Status } from "../../wire/index.ts";
import { Acl } from "./acl.ts";
import { Busy } from "./busy.ts";
import { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { Config } from "./config.ts";
import { Database } from "./database.ts";
import { dispatch } from "./dispatch.ts";
import { err } from "./errors.ts";
import { escapeBytes } from "./escape.ts";
import { ExpiryCycle } from "./expiry-cycle.ts";
import { LatencyMonitor } from "./latency.ts";
import { Memory } from "./memory.ts";
import { Notifier } from "./notify.ts";
import { Pause } from "./pause.ts";
import { Persistence } from "./persistence.ts";
import type { Propagation } from "./propagation.ts";
import { PubSub } from "./pubsub.ts";
import { redacted } from "./redact.ts";
import { Commands } from "./table.ts";
import { ScriptEngine } from "./scripting/engine.ts";
import { SlowLog } from "./slowlog.ts";
import { CommandTimer } from "./timing.ts";
import type { Tracking } from "./tracking.ts";

/** What INFO counts. */
export interface Stats {
  connections: number;
  commands: number;
  hits: number;
  misses: number;
  expired: number;
  /** Connections beyond `maxclients`. */
  refused: number;
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
    refused: 0,
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
  readonly pause: Pause = new Pause(this);
  readonly busy: Busy = new Busy(this);
  readonly slowLog: SlowLog = new SlowLog();
  readonly latency: LatencyMonitor = new LatencyMonitor();
  readonly timer: CommandTimer = new CommandTimer(this);
  readonly memory: Memory = new Memory(this);
  readonly acl: Acl;
  /** Present once a client turned tracking on. */
  tracking: Tracking | undefined;
  /** Present while commands are recorded. */
  propagation: Propagation | undefined;
  /** Present once the server was started. */
  persistence: Persistence | undefined;
  /** The client whose command is under way. */
  current: Client | undefined;
  /** `min-replicas-to-write` asks for replicas. */
  lacksReplicas = false;
  /** True under an LFU policy. */
  countsAccesses = false;
  /** There was no room when the command under way began. */
  memoryFull = false;
  /** SHA1s of the scripts that say that they write nothing. */
  readonly harmlessScripts: Set<string> = new Set();
  /** Values that UNLINK or an ASYNC flush let go. */
  lazyFreed = 0;
  readonly expiry: ExpiryCycle = new ExpiryCycle(this);
  onShutdown: () => void = () => process.exit(0);
  #ready: { database: Database; key: string }[] = [];
  #nextClientId = 1;
  #httpRefusedMs = -Infinity;
  #net: NetServer | undefined;
  #runId = "";
  #inEvent = false;
  /** What waits for the end of a stall; undefined when there is none. */
  #stalledEvents: (() => void)[] | undefined;
  #stallMs = 0;
  #stallTimer: NodeJS.Timeout | undefined;
  #afterStall: (() => void)[] = [];
  #afterCommand: (() => void)[] = [];

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.config = new Config(settings, this);
    this.acl = new Acl(this);
    for (const name of Object.keys(settings)) this.configured(name);
    const count = Number(this.config.get("databases"));
    for (let index = 0; index < count; index++) this.databases.push(new Database(this, index));
  }

  /** Forty hexadecimal digits that tell this process from others. */
  get runId(): string {
    while (this.#runId.length < 40) this.#runId += Math.floor(Math.random() * 16).toString(16);
    return this.#runId;
  }

  /** Lets a setting that CONFIG SET changed take effect. */
  configured(name: string): void {
    const { config } = this;
    switch (name) {
      case "proto-max-bulk-len":
        for (const client of this.clients.values()) {
          client.decoder.bulkBytesMax = config.number(name);
        }
        break;
      case "requirepass":
        this.acl.setDefaultPassword(config.get(name));
        break;
      case "maxmemory":
      case "maxmemory-policy":
        this.countsAccesses = config.get("maxmemory-policy").endsWith("lfu");
        this.memory.configure();
        if (this.memory.tracking) this.afterCommand(() => this.memory.makeRoom());
        break;
      case "slowlog-log-slower-than":
      case "latency-monitor-threshold":
      case "latency-tracking":
        this.timer.configure();
        break;
      case "min-replicas-to-write":
      case "min-replicas-max-lag":
        // There is no replication, so there are never enough.
        this.lacksReplicas =
          config.number("min-replicas-to-write") > 0 && config.number("min-replicas-max-lag") > 0;
        break;
      case "appendonly":
        this.persistence?.configureAof();
        break;
      case "dir":
        if (!existsSync(config.get(name))) throw err("No such file or directory");
        break;
      default:
    }
  }

  /** Loads what an earlier process left on the disk. Throws an `Error` that says what is wrong with it. */
  start(): void {
    this.persistence = new Persistence(this);
    this.persistence.start();
  }

  /** Loads a library of functions from a file. */
  loadLibrary(code: string, replace: boolean): void {
    this.scripts ??= new ScriptEngine(this);
    this.scripts.functions.load(code, replace);
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
    this.expiry.stop();
    clearTimeout(this.#stallTimer);
    this.pause.stop();
    this.persistence?.stop();
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
      this.stats.refused++;
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

  /** Ends the process as a signal asks: in order, and with the dataset saved when `save` says so. */
  terminate(): void {
    this.nowMs = Date.now();
    if (this.config.get("save") !== "") {
      try {
        this.persistence?.save();
      } catch (error) {
        console.error(`redis: the dataset was not saved: ${(error as Error).message}`);
        return;
      }
    }
    void this.close().then(() => this.onShutdown());
  }

  /** Drops a client that sends what looks like HTTP, and says so at most once a minute. */
  refuseHttp(client: Client): void {
    client.abort();
    if (this.nowMs - this.#httpRefusedMs < 60_000) return;
    this.#httpRefusedMs = this.nowMs;
    console.error(
      `redis: Possible SECURITY ATTACK detected: POST or Host: was sent as a command, as an HTTP request would. Connection from ${client.address} aborted.`,
    );
  }

  /** Forgets a client whose connection is gone. */
  forget(client: Client): void {
    if (client.closed) return;
    client.closed = true;
    client.unblock(undefined);
    client.unwatch();
    this.pause.forget(client);
    this.pubsub.forget(client);
    this.tracking?.disable(client);
    this.monitors.delete(client);
    this.clients.delete(client.id);
  }

  /** Does something once the command under way has been answered. */
  afterCommand(work: () => void): void {
    this.#afterCommand.push(work);
  }

  /** Forgets every key, and tells nobody. */
  empty(): void {
    for (const database of this.databases) database.flush();
    this.scripts?.functions.libraries.clear();
  }

  /** Runs `work` as one event: afterwards waiting clients are served and output goes out. */
  event(work: () => void): void {
    if (this.#inEvent) {
      work();
      return;
    }
    if (this.#stalledEvents !== undefined) {
      this.#stalledEvents.push(work);
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
      this.tracking?.broadcast();
      // What was recorded is written before anyone hears that it was done.
      this.persistence?.afterEvent();
      if (this.#stalledEvents === undefined) {
        const writes = this.pendingWrites;
        this.pendingWrites = [];
        for (const client of writes) client.flush();
      }
    }
  }

  /** Runs the requests that a client has sent, until it blocks or there are no more. */
  #run(client: Client): void {
    try {
      while (
        !client.closing &&
        !client.closed &&
        client.blocked === undefined &&
        !client.postponed
      ) {
        const request = client.decoder.next();
        if (request === null) return;
        if (this.frozen === 0) this.nowMs = Date.now();
        dispatch(client, request);
        while (this.#afterCommand.length > 0) (this.#afterCommand.shift() as () => void)();
        if (this.#stalledEvents !== undefined) {
          // The other requests that came wait as well.
          this.#stalledEvents.push(() => this.#run(client));
          return;
        }
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
          this.propagation?.commit();
        }
      }
    }
  }

  /** Exchanges the contents of two databases; clients stay where they are and see the other's keys. */
  swap(first: Database, second: Database): void {
    first.touchAll(second);
    second.touchAll(first);
    this.dirty++;
    [first.keys, second.keys] = [second.keys, first.keys];
    [first.expiring, second.expiring] = [second.expiring, first.expiring];
    for (const database of [first, second]) {
      for (const { key, value } of database.keys.slots()) {
        if (value.expireAtMs !== Infinity) this.expiry.watch(value.expireAtMs, database.index, key);
      }
      for (const key of database.blocked.keys()) if (database.keys.has(key)) database.ready(key);
    }
  }

  /** Does nothing for a while, as a server that is busy: what happens meanwhile waits. */
  stall(ms: number): void {
    this.#stalledEvents ??= [];
    this.#stallMs += ms;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(() => {
      const waiting = this.#stalledEvents ?? [];
      const after = this.#afterStall;
      this.#stalledEvents = undefined;
      this.#afterStall = [];
      this.#stallMs = 0;
      this.event(() => {
        for (const work of after) work();
        if (this.#ready.length > 0) this.#serveReady();
        for (const work of waiting) work();
      });
    }, this.#stallMs);
  }

  /** Does something when the stall is over. */
  afterStall(work: () => void): void {
    this.#afterStall.push(work);
  }

  /** Shows a command to the clients that MONITOR. */
  monitor(client: Client, command: Command, args: readonly string[]): void {
    if (command.flags.includes("a") || command.name === "auth") return;
    const source = client.socket ? client.address : "lua";
    const words = redacted(command, args)
      .map((arg) => `"${escapeBytes(arg)}"`)
      .join(" ");
    const line = `${(this.nowMs / 1_000).toFixed(6)} [${client.db.index} ${source}] ${words}`;
    for (const watcher of this.monitors) if (watcher !== client) watcher.push(new Status(line));
  }

  /** Counts an error reply by its code, for INFO. */
  countError(error: RespError): void {
    const code = /^\S{1,32}/.exec(error.text)?.[0] ?? "ERR";
    const { errors } = this.stats;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  /** Commands that have been called, for INFO. */
  calledCommands(): Command[] {
    return [...this.commands.used()]
      .flatMap((command) => [command, ...(command.subcommands?.values() ?? [])])
      .filter(({ calls, rejected }) => calls > 0 || rejected > 0);
  }

  resetStats(): void {
    for (const command of this.calledCommands()) command.forgetCalls();
    this.lazyFreed = 0;
    this.memory.evicted = 0;
    const none = { connections: 0, commands: 0, hits: 0, misses: 0, expired: 0, refused: 0 };
    Object.assign(this.stats, none);
    this.stats.errors.clear();
  }

  /** Publishes a keyspace notification, if the settings ask for this class of events. */
  notify(kind: string, event: string, key: string, database: Database): void {
    if (this.notifier.active) this.notifier.notify(this, kind, event, key, database.index);
  }

  /** Makes sure that a key is looked at when its time comes. */
  watchExpiry(atMs: number, database: number, key: string): void {
    this.expiry.watch(atMs, database, key);
  }

  /** Serves the clients that wait for keys which became ready outside a request. */
  serveWaiting(): void {
    if (this.#ready.length > 0) this.#serveReady();
  }
}
