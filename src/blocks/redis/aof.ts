/**
 * The append-only file: a folder with a base, increments and a manifest, in Redis 7's format
 * (aof.c), so that each server can read the other's files.
 *
 * Commands are written before the clients of an event are answered. The setting `appendfsync`
 * decides when they are durable: `always` before the reply, `everysec` within about a second, `no`
 * when the host writes its cache back.
 */
import {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  join,
} from "./host.ts";
import { encodeRequest, RequestDecoder } from "../../wire/index.ts";
import { formatManifest, parseManifest, type Part } from "./aof-manifest.ts";
import { Client } from "./client.ts";
import { dispatch, lookupCommand } from "./dispatch.ts";
import { replaceFile, syncFolder, writeAll } from "./files.ts";
import { isRdb, loadAll, saveAll } from "./rdb/file.ts";
import type { Server } from "./server.ts";

const SYNC_EVERY_MS = 1_000;

export class AppendOnlyFile {
  readonly #server: Server;
  #parts: Part[] = [];
  #fd: number | undefined;
  #buffer = "";
  /** The database that the last recorded command ran in, or -1 if the file does not say. */
  #database = -1;
  #bytes = 0;
  #baseBytes = 0;
  /** The size in bytes of the current increment. */
  #incrementBytes = 0;
  /** True if bytes were written since the last fsync began. */
  #unsynced = false;
  #syncing = false;
  #syncTimer: NodeJS.Timeout | undefined;
  /**
   * Redis's message for the last write failure. Write commands are refused until a write succeeds.
   */
  failure: string | undefined;
  rewrites = 0;
  syncFailed = false;

  constructor(server: Server) {
    this.#server = server;
  }

  get #folder(): string {
    const { config } = this.#server;
    return join(config.get("dir"), config.get("appenddirname"));
  }

  get #manifest(): string {
    return join(this.#folder, `${this.#name}.manifest`);
  }

  get #name(): string {
    return this.#server.config.get("appendfilename");
  }

  /** The total size of all files in bytes, for INFO. */
  get sizeBytes(): number {
    return this.#bytes + this.#buffer.length;
  }

  get baseBytes(): number {
    return this.#baseBytes;
  }

  /** True if there are files to load. */
  exists(): boolean {
    return existsSync(this.#manifest) || existsSync(this.#older);
  }

  /** The path of the single append-only file that servers before 7.0 used. */
  get #older(): string {
    return join(this.#server.config.get("dir"), this.#name);
  }

  /**
   * Creates the folder and makes it durable. Without a sync of its parent, a crash would lose the
   * folder with its contents.
   */
  #makeFolder(): void {
    if (existsSync(this.#folder)) return;
    mkdirSync(this.#folder, { recursive: true });
    syncFolder(this.#server.config.get("dir"));
  }

  /** Continues to append to the files that were loaded. */
  resume(): void {
    const last = this.#parts.findLast(({ type }) => type === "i");
    if (last === undefined) this.rewrite();
    else this.#fd = openSync(join(this.#folder, last.name), "a");
  }

  close(): void {
    if (this.#fd === undefined) return;
    this.flush();
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    fsyncSync(this.#fd);
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Records a command. {@link flush} writes it. */
  record(database: number, args: readonly string[]): void {
    if (this.#fd === undefined) return;
    if (database !== this.#database) {
      this.#database = database;
      this.#buffer += encodeRequest(["SELECT", String(database)]);
    }
    this.#buffer += encodeRequest(args);
  }

  /** Writes the recorded commands before the clients are answered. */
  flush(): void {
    if (this.#buffer === "" || this.#fd === undefined) return;
    const policy = this.#server.config.get("appendfsync");
    try {
      this.#write(this.#buffer);
      if (policy === "always") fsyncSync(this.#fd);
    } catch (error) {
      this.#failed(error as Error, policy);
      return;
    }
    this.failure = undefined;
    this.#buffer = "";
    if (policy === "everysec") {
      this.#unsynced = true;
      this.#armSync(SYNC_EVERY_MS);
    }
    this.#rewriteIfGrown();
  }

  #write(text: string): void {
    const fd = this.#fd as number;
    try {
      writeAll(fd, text);
    } catch (error) {
      // A partial write would make everything after it in the file unreadable.
      ftruncateSync(fd, this.#incrementBytes);
      throw error;
    }
    this.#bytes += text.length;
    this.#incrementBytes += text.length;
  }

  #failed(error: Error, policy: string): void {
    if (policy === "always") {
      // Data that was promised to be durable is not. Redis exits in this case as well.
      console.error(`redis: cannot write the append-only file: ${error.message}`);
      process.exit(1);
    }
    this.failure = error.message;
    this.#armSync(SYNC_EVERY_MS);
  }

  #armSync(delayMs: number): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      this.#sync();
    }, delayMs);
  }

  /** The background fsync of `everysec`. */
  #sync(): void {
    if (this.failure !== undefined) this.flush();
    if (!this.#unsynced || this.#fd === undefined) return;
    if (this.#syncing) {
      this.#armSync(SYNC_EVERY_MS);
      return;
    }
    this.#unsynced = false;
    this.#syncing = true;
    fsync(this.#fd, (error) => {
      this.#syncing = false;
      this.syncFailed = error !== null;
      if (this.syncFailed) {
        this.#unsynced = true;
        this.#armSync(SYNC_EVERY_MS);
      }
    });
  }

  #rewriteIfGrown(): void {
    const { config } = this.#server;
    const percentage = config.number("auto-aof-rewrite-percentage");
    if (percentage === 0 || this.#bytes < config.number("auto-aof-rewrite-min-size")) return;
    const base = Math.max(1, this.#baseBytes);
    if ((this.#bytes * 100) / base - 100 >= percentage) this.rewrite();
  }

  /** Starts a new base with the current dataset, and an empty increment. */
  rewrite(): void {
    this.#makeFolder();
    if (this.#fd !== undefined) {
      this.flush();
      closeSync(this.#fd);
    } else if (existsSync(this.#manifest)) {
      this.#parts = parseManifest(readFileSync(this.#manifest, "latin1"));
    }
    const next = (type: Part["type"]): number =>
      Math.max(0, ...this.#parts.map((part) => (part.type === type ? part.sequence : 0))) + 1;
    const base: Part = {
      name: `${this.#name}.${next("b")}.base.rdb`,
      sequence: next("b"),
      type: "b",
    };
    const increment: Part = {
      name: `${this.#name}.${next("i")}.incr.aof`,
      sequence: next("i"),
      type: "i",
    };
    const bytes = saveAll(this.#server, true);
    replaceFile(this.#folder, base.name, bytes);
    const fd = openSync(join(this.#folder, increment.name), "w");
    const history = this.#parts;
    this.#parts = [base, increment];
    replaceFile(this.#folder, `${this.#name}.manifest`, formatManifest(this.#parts));
    for (const { name } of history) {
      const path = join(this.#folder, name);
      if (existsSync(path)) unlinkSync(path);
    }
    this.#fd = fd;
    this.rewrites++;
    this.#database = -1;
    this.#bytes = bytes.length;
    this.#baseBytes = bytes.length;
    this.#incrementBytes = 0;
  }

  /** Loads all files. Throws an `Error` that describes the problem with them. */
  load(): void {
    if (!existsSync(this.#manifest)) this.#adoptOlder();
    this.#parts = parseManifest(readFileSync(this.#manifest, "latin1"));
    const live = this.#parts.filter(({ type }) => type !== "h");
    const base = live.filter(({ type }) => type === "b");
    const increments = live.filter(({ type }) => type === "i");
    increments.sort((a, b) => a.sequence - b.sequence);
    const order = [...base, ...increments];
    this.#bytes = 0;
    for (const part of order) {
      const path = join(this.#folder, part.name);
      this.#incrementBytes = this.#loadFile(path, part === order[order.length - 1]);
      this.#bytes += this.#incrementBytes;
      if (part.type === "b") this.#baseBytes = this.#bytes;
    }
    this.#database = -1;
  }

  /** Turns the single file of an older server into the base. */
  #adoptOlder(): void {
    this.#makeFolder();
    const base: Part = { name: this.#name, sequence: 1, type: "b" };
    renameSync(this.#older, join(this.#folder, base.name));
    syncFolder(this.#folder);
    replaceFile(this.#folder, `${this.#name}.manifest`, formatManifest([base]));
  }

  /** Loads one file. Returns its length. */
  #loadFile(path: string, isLast: boolean): number {
    const bytes = readFileSync(path, "latin1");
    const from = isRdb(bytes) ? loadAll(this.#server, bytes) : 0;
    const whole = from + this.#replay(bytes.slice(from), path);
    if (whole === bytes.length) return whole;
    if (!isLast || !this.#server.config.flag("aof-load-truncated")) {
      throw new Error(`${path} ends in the middle of a command`);
    }
    truncateSync(path, whole);
    return whole;
  }

  /**
   * Runs the commands of a file. Returns the offset after the last complete command or transaction.
   */
  #replay(text: string, path: string): number {
    const client = new Client(this.#server, 0, undefined);
    const decoder = new RequestDecoder();
    decoder.push(Buffer.from(text, "latin1"));
    let whole = 0;
    for (let request = decoder.next(); request !== null; request = decoder.next()) {
      if (lookupCommand(this.#server, request[0] as string) === undefined) {
        throw new Error(`${path} holds the unknown command ${request[0] as string}`);
      }
      dispatch(client, request);
      if (client.queue === undefined) whole = text.length - decoder.pendingBytes;
    }
    return whole;
  }
}
