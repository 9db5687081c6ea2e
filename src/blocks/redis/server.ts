/**
 * The server: its databases, clients, clock and settings, and the socket it listens on.
 *
 * All work happens inside {@link Server.event}: the time is read once, requests run to completion
 * one after another, clients that waited for a key are served, and then the output of all clients
 * is sent. If nothing happens and no key has an expiry, there are no timers: an idle server has no
 * events.
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
import { rarePaths } from "./faults.ts";
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

/** The counters of INFO. */
export interface Stats {
  connections: number;
  commands: number;
  hits: number;
  misses: number;
  expired: number;
  /** Connections refused because of `maxclients`. */
  refused: number;
  /** The number of error replies by their code. */
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
  /** The wall clock of the current event or command, in milliseconds since 1970. */
  nowMs: number = Date.now();
  /** The clock stands still while this is positive: in a transaction or a script. */
  frozen = 0;
  /** The number of changes to the data. */
  dirty = 0;
  blockedClients = 0;
  /** Clients whose output must be flushed at the end of the event. */
  pendingWrites: Client[] = [];
  /** Clients that were unblocked and may have pending requests. */
  resumable: Client[] = [];
  /** The script engine, created by the first EVAL. */
  scripts: ScriptEngine | undefined;
  readonly pause: Pause = new Pause(this);
  readonly busy: Busy = new Busy(this);
  readonly slowLog: SlowLog = new SlowLog();
  readonly latency: LatencyMonitor = new LatencyMonitor();
  readonly timer: CommandTimer = new CommandTimer(this);
  readonly memory: Memory = new Memory(this);
  readonly acl: Acl;
  /** Defined once a client has turned tracking on. */
  tracking: Tracking | undefined;
  /** Defined while commands are recorded. */
  propagation: Propagation | undefined;
  /** Defined once the server has started. */
  persistence: Persistence | undefined;
  /** The client whose command is running. */
  current: Client | undefined;
  /** True if `min-replicas-to-write` requires replicas. */
  lacksReplicas = false;
  /** True if the eviction policy is an LFU policy. */
  countsAccesses = false;
  /** True if the memory limit was exceeded when the current command began. */
  memoryFull = false;
  /** SHA1s of the scripts that declare that they do not write. */
  readonly harmlessScripts: Set<string> = new Set();
  /** The number of values freed by UNLINK or an ASYNC flush. */
  lazyFreed = 0;
  readonly expiry: ExpiryCycle = new ExpiryCycle(this);
  onShutdown: () => void = () => process.exit(0);
  /** Whether to take a rare path; those of `faults.ts`. */
  rare: (path: string) => boolean = () => false;
  /** Until when it loads its data, and answers most commands with LOADING. */
  loadsUntilMs = 0;
  #ready: { database: Database; key: string }[] = [];
  #nextClientId = 1;
  #httpRefusedMs = -Infinity;
  #net: NetServer | undefined;
  #runId = "";
  #inEvent = false;
  /** The work that waits for the end of a stall, or undefined if there is no stall. */
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

  /** Forty hexadecimal digits that identify this process. */
  get runId(): string {
    while (this.#runId.length < 40) this.#runId += Math.floor(Math.random() * 16).toString(16);
    return this.#runId;
  }

  /** Applies a setting that CONFIG SET changed. */
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
        // There is no replication, so there are never enough replicas.
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

  /**
   * Loads the data that an earlier process left on disk. Throws an `Error` that describes the
   * problem with it.
   */
  start(): void {
    this.persistence = new Persistence(this);
    this.persistence.start();
    if (this.rare(rarePaths.loads)) this.loadsUntilMs = Date.now() + 500 + Math.random() * 4_500;
  }

  /** Loads a library of functions from a file. */
  loadLibrary(code: string, replace: boolean): void {
    this.scripts ??= new ScriptEngine(this);
    this.scripts.functions.load(code, replace);
  }

  /** Starts to listen. Resolves with the port. Rejects with Node's error. */
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

  /** Stops listening and disconnects every client. */
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
    // A client that has closed its side may still be waiting for replies. They were written before
    // this event.
    socket.on("error", () => undefined);
    socket.on("close", () => this.event(() => this.forget(client)));
  }

  /**
   * Ends the process as a signal would: in order, and after saving the dataset if `save` requires
   * it.
   */
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

  /** Disconnects a client that sends what looks like HTTP, and logs it at most once a minute. */
  refuseHttp(client: Client): void {
    client.abort();
    if (this.nowMs - this.#httpRefusedMs < 60_000) return;
    this.#httpRefusedMs = this.nowMs;
    console.error(
      `redis: Possible SECURITY ATTACK detected: POST or Host: was sent as a command, as an HTTP request would. Connection from ${client.address} aborted.`,
    );
  }

  /** Removes a client whose connection has closed. */
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

  /** Runs `work` once the current command has been answered. */
  afterCommand(work: () => void): void {
    this.#afterCommand.push(work);
  }

  /** Deletes every key without notifications. */
  empty(): void {
    for (const database of this.databases) database.flush();
    this.scripts?.functions.libraries.clear();
  }

  /** Runs `work` as one event: afterwards, waiting clients are served and output is sent. */
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
      // Recorded commands are written before any client learns that they ran.
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
          // The client's other requests wait as well.
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

  /** Records that clients blocked on `key` may continue. */
  markReady(database: Database, key: string): void {
    for (const entry of this.#ready) if (entry.database === database && entry.key === key) return;
    this.#ready.push({ database, key });
  }

  /** Serves blocked clients in order of arrival, key by key, until nothing changes. */
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

  /**
   * Exchanges the contents of two databases. Clients keep their database number and see the other
   * keys.
   */
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

  /**
   * Makes the server unresponsive for a while, like a busy server. Events during this time wait.
   */
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

  /** Runs `work` when the stall ends. */
  afterStall(work: () => void): void {
    this.#afterStall.push(work);
  }

  /** Sends a command to the clients that use MONITOR. */
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

  /** Returns the commands that have been called, for INFO. */
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

  /** Publishes a keyspace notification, if the settings enable this class of events. */
  notify(kind: string, event: string, key: string, database: Database): void {
    if (this.notifier.active) this.notifier.notify(this, kind, event, key, database.index);
  }

  /** Schedules the removal of a key at its expiry time. */
  watchExpiry(atMs: number, database: number, key: string): void {
    this.expiry.watch(atMs, database, key);
  }

  /** Serves the clients that wait for keys which became ready outside of a request. */
  serveWaiting(): void {
    if (this.#ready.length > 0) this.#serveReady();
  }
}
