/** A connection: what the server knows of a client, its requests still to run, and its output. */
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

/** A command that waits for MULTI's EXEC. */
export interface Queued {
  readonly command: Command;
  readonly args: string[];
}

/** Why a client is blocked, and how to go on. */
export interface Blocked {
  readonly database: Database;
  readonly keys: readonly string[];
  /** Tries again, after a key became ready; undefined when there is still nothing. */
  readonly attempt: (key: string) => Reply | undefined;
  /** The reply when time is up. */
  readonly onTimeout: Reply;
  /** The timer that ends the wait, if any. */
  timer: NodeJS.Timeout | undefined;
  readonly sinceMs: number;
}

export class Client {
  readonly id: number;
  readonly server: Server;
  /** Undefined for the client that scripts run their commands with. */
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
  /** Commands since MULTI; undefined outside a transaction. */
  queue: Queued[] | undefined;
  /** A command since MULTI could not be queued: EXEC must refuse. */
  queueFailed = false;
  /** Running the commands of EXEC or of a script: blocking commands must not block. */
  denyBlocking = false;
  /** The keys that WATCH names, by database, and whether each had expired already. */
  readonly watched: Map<Database, Map<string, boolean>> = new Map();
  dirtyWatch = false;
  readonly channels: Set<string> = new Set();
  readonly patterns: Set<string> = new Set();
  readonly shardChannels: Set<string> = new Set();
  blocked: Blocked | undefined;
  /** A command waits for the end of CLIENT PAUSE. */
  postponed = false;
  tracking: TrackingMode | undefined;
  monitoring = false;
  noEvict = false;
  /** CLIENT REPLY: on, off, or skip the next. */
  replies: "on" | "off" | "skip" | "skipping" = "on";
  lastCommand = "NULL";
  /** The request under way, or the one that the client is blocked in. */
  request: readonly string[] = [];
  /** No more requests are run; the socket closes once the output is out. */
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

  /** The client's address as CLIENT LIST and MONITOR show it. */
  get address(): string {
    return this.socket ? shownAddress(this.socket.remoteAddress, this.socket.remotePort) : "";
  }

  get localAddress(): string {
    return this.socket ? shownAddress(this.socket.localAddress, this.socket.localPort) : "";
  }

  /** How many channels and patterns the client is subscribed to. */
  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  /** Answers the command under way. */
  reply(reply: Reply | NoReply): void {
    if (reply === NO_REPLY) return;
    if (this.replies !== "on") {
      if (this.replies === "skipping") this.replies = "on";
      return;
    }
    this.write(encodeReply(reply as Reply, this.resp));
  }

  /** Sends what is not an answer to a command, such as a published message. */
  push(reply: Reply): void {
    this.write(encodeReply(reply, this.resp));
  }

  /** Sends bytes, at the end of the current event. */
  write(bytes: string): void {
    if (this.socket === undefined || this.closed) return;
    this.#out += bytes;
    if (this.#flushed) {
      this.#flushed = false;
      this.server.pendingWrites.push(this);
    }
  }

  /** Hands the output to the socket. */
  flush(): void {
    this.#flushed = true;
    const out = this.#out;
    this.#out = "";
    if (this.closed || this.socket === undefined) return;
    const { socket } = this;
    // Whatever the client still sends is not read: Redis closes both directions.
    if (this.closing) socket.end(out, "latin1", () => socket.destroy());
    else if (out !== "") this.socket.write(out, "latin1");
  }

  /** Closes after the output that is there has been sent. */
  close(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.#flushed) {
      this.#flushed = false;
      this.server.pendingWrites.push(this);
    }
  }

  /** Drops the connection at once, whatever is still to be sent. */
  abort(): void {
    this.server.forget(this);
    this.socket?.destroy();
  }

  /** Drops the connection: the client under way after its reply, others at once. */
  drop(): void {
    if (this.server.current === this) {
      this.close();
      return;
    }
    this.abort();
  }

  /** Bytes that are not yet with the network. */
  get outputBytes(): number {
    return this.#out.length + (this.socket?.writableLength ?? 0);
  }

  /** Waits for one of `keys`; `timeoutMs` of 0 waits for ever. */
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

  /** Ends the wait and answers; requests that came meanwhile run next. */
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

/** An IPv4 address that a socket for both versions gives comes without its prefix. */
function shownAddress(address = "", port = 0): string {
  const bare = address.replace(/^::ffff:/, "");
  return bare.includes(":") ? `[${bare}]:${port}` : `${bare}:${port}`;
}
