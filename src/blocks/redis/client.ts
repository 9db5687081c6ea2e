/** A connection: the server's state for a client, its pending requests, and its output. */
import type { Socket } from "node:net";
import {
  encodeReply,
  type Reply,
  RequestDecoder,
  RespError,
  type RespVersion,
} from "../../wire/index.ts";
import { type Command, NO_REPLY, type NoReply } from "./command.ts";
import type { Database } from "./database.ts";
import type { User } from "./acl-user.ts";
import type { Server } from "./server.ts";
import type { TrackingMode } from "./tracking.ts";

/** A command queued between MULTI and EXEC. */
export interface Queued {
  readonly command: Command;
  readonly args: string[];
}

/** Why a client is blocked, and how to continue. */
export interface Blocked {
  readonly database: Database;
  readonly keys: readonly string[];
  /**
   * Tries again after a key became ready. Returns undefined if there is still nothing to return.
   */
  readonly attempt: (key: string) => Reply | undefined;
  /** The reply when the timeout expires. */
  readonly onTimeout: Reply;
  /** The timer of the timeout, if any. */
  timer: NodeJS.Timeout | undefined;
  readonly sinceMs: number;
}

export class Client {
  readonly id: number;
  readonly server: Server;
  /** Undefined for the internal client that runs the commands of scripts. */
  readonly socket: Socket | undefined;
  readonly decoder: RequestDecoder = new RequestDecoder();
  readonly createdMs: number;
  lastMs: number;
  db: Database;
  resp: RespVersion = 2;
  name = "";
  libraryName = "";
  libraryVersion = "";
  user: User;
  authenticated: boolean;
  /** Commands since MULTI, or undefined outside a transaction. */
  queue: Queued[] | undefined;
  /** True if a command since MULTI could not be queued, so that EXEC must fail. */
  queueFailed = false;
  /** True while the commands of EXEC or of a script run: blocking commands must not block. */
  denyBlocking = false;
  /** The keys of WATCH, by database, and whether each had already expired then. */
  readonly watched: Map<Database, Map<string, boolean>> = new Map();
  dirtyWatch = false;
  readonly channels: Set<string> = new Set();
  readonly patterns: Set<string> = new Set();
  readonly shardChannels: Set<string> = new Set();
  blocked: Blocked | undefined;
  /** True if a command waits for the end of CLIENT PAUSE. */
  postponed = false;
  tracking: TrackingMode | undefined;
  monitoring = false;
  noEvict = false;
  /** The state of CLIENT REPLY: on, off, or skip the next reply. */
  replies: "on" | "off" | "skip" | "skipping" = "on";
  lastCommand = "NULL";
  /** The current request, or the request that the client is blocked in. */
  request: readonly string[] = [];
  /** True if no more requests are run and the socket closes once the output is sent. */
  closing = false;
  closed = false;
  #out = "";
  #flushed = true;

  constructor(server: Server, id: number, socket: Socket | undefined) {
    this.server = server;
    this.id = id;
    this.socket = socket;
    this.db = server.databases[0] as Database;
    this.createdMs = server.nowMs;
    this.lastMs = server.nowMs;
    this.user = server.acl.defaultUser;
    this.authenticated = socket === undefined || this.user.open;
    this.decoder.authenticated = this.authenticated;
  }

  /** The client's address as shown by CLIENT LIST and MONITOR. */
  get address(): string {
    return this.socket ? shownAddress(this.socket.remoteAddress, this.socket.remotePort) : "";
  }

  get localAddress(): string {
    return this.socket ? shownAddress(this.socket.localAddress, this.socket.localPort) : "";
  }

  /** The number of channels and patterns that the client is subscribed to. */
  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  /** Answers the current command. */
  reply(reply: Reply | NoReply): void {
    if (reply === NO_REPLY) return;
    if (this.replies !== "on") {
      if (this.replies === "skipping") this.replies = "on";
      return;
    }
    this.write(encodeReply(reply as Reply, this.resp));
  }

  /** Sends data that is not a reply to a command, such as a published message. */
  push(reply: Reply): void {
    this.write(encodeReply(reply, this.resp));
  }

  /** Queues bytes. They are sent at the end of the current event. */
  write(bytes: string): void {
    if (this.socket === undefined || this.closed) return;
    this.#out += bytes;
    if (this.#flushed) {
      this.#flushed = false;
      this.server.pendingWrites.push(this);
    }
  }

  /** Passes the output to the socket. */
  flush(): void {
    this.#flushed = true;
    const out = this.#out;
    this.#out = "";
    if (this.closed || this.socket === undefined) return;
    const { socket } = this;
    // Further input from the client is not read: Redis closes both directions.
    if (this.closing) socket.end(out, "latin1", () => socket.destroy());
    else if (out !== "") this.socket.write(out, "latin1");
  }

  /** Closes the connection after the existing output has been sent. */
  close(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.#flushed) {
      this.#flushed = false;
      this.server.pendingWrites.push(this);
    }
  }

  /** Closes the connection immediately and discards unsent output. */
  abort(): void {
    this.server.forget(this);
    this.socket?.destroy();
  }

  /**
   * Closes the connection: after the reply if this client's command is running, otherwise
   * immediately.
   */
  drop(): void {
    if (this.server.current === this) {
      this.close();
      return;
    }
    this.abort();
  }

  /** The number of bytes not yet passed to the network. */
  get outputBytes(): number {
    return this.#out.length + (this.socket?.writableLength ?? 0);
  }

  /** Blocks until one of `keys` is ready. A `timeoutMs` of 0 waits without limit. */
  block(options: {
    keys: readonly string[];
    timeoutMs: number;
    attempt: (key: string) => Reply | undefined;
    onTimeout: Reply;
  }): NoReply {
    const { keys, timeoutMs, attempt, onTimeout } = options;
    const database = this.db;
    const blocked: Blocked = {
      database,
      keys,
      attempt,
      onTimeout,
      timer: undefined,
      sinceMs: this.server.nowMs,
    };
    for (const key of new Set(keys)) {
      const queue = database.blocked.get(key);
      if (queue) queue.push(this);
      else database.blocked.set(key, [this]);
    }
    if (timeoutMs > 0) {
      blocked.timer = setTimeout(() => this.#timeUp(), Math.max(1, Math.ceil(timeoutMs)));
    }
    this.blocked = blocked;
    this.server.blockedClients++;
    return NO_REPLY;
  }

  /** Ends the wait and answers. Requests that arrived meanwhile run next. */
  unblock(reply: Reply | undefined): void {
    const { blocked } = this;
    if (!blocked) return;
    this.blocked = undefined;
    this.server.blockedClients--;
    clearTimeout(blocked.timer);
    for (const key of new Set(blocked.keys)) {
      const queue = blocked.database.blocked.get(key);
      if (!queue) continue;
      const at = queue.indexOf(this);
      if (at >= 0) queue.splice(at, 1);
      if (queue.length === 0) blocked.database.blocked.delete(key);
    }
    if (reply instanceof RespError) {
      this.server.countError(reply);
      const command = this.server.commands.get(this.lastCommand);
      if (command) command.failed++;
    }
    if (reply !== undefined) this.reply(reply);
    if (!this.closed) this.server.timer.waited(this, blocked.sinceMs);
    if (!this.closed) this.server.resumable.push(this);
  }

  #timeUp(): void {
    this.server.event(() => this.unblock(this.blocked?.onTimeout));
  }

  /** Forgets the keys of WATCH. */
  unwatch(): void {
    for (const [database, keys] of this.watched) {
      for (const key of keys.keys()) {
        const watching = database.watchers.get(key);
        watching?.delete(this);
        if (watching?.size === 0) database.watchers.delete(key);
      }
    }
    this.watched.clear();
    this.dirtyWatch = false;
  }
}

/** Removes the prefix that an IPv4 address has on a dual-stack socket. */
function shownAddress(address = "", port = 0): string {
  const bare = address.replace(/^::ffff:/, "");
  return bare.includes(":") ? `[${bare}]:${port}` : `${bare}:${port}`;
}
