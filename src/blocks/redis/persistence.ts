/**
 * Manages the data that outlives the process: the RDB file and the append-only file, and their
 * fields in INFO.
 */
import { existsSync, readFileSync, join } from "./host.ts";
import { RespError } from "../../wire/index.ts";
import { AppendOnlyFile } from "./aof.ts";
import { replaceFile } from "./files.ts";
import { Propagation } from "./propagation.ts";
import { loadAll, saveAll } from "./rdb/file.ts";
import type { Server } from "./server.ts";

export class Persistence {
  readonly #server: Server;
  readonly aof: AppendOnlyFile;
  lastSaveMs: number;
  lastSaveFailed = false;
  /** The server's change counter at the last save. */
  savedDirty = 0;
  saves = 0;
  loading = false;
  #saveTimer: NodeJS.Timeout | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.aof = new AppendOnlyFile(server);
    this.lastSaveMs = server.startedMs;
  }

  get #path(): string {
    const { config } = this.#server;
    return join(config.get("dir"), config.get("dbfilename"));
  }

  /**
   * Loads the data that an earlier process left, and starts recording if the settings require it.
   */
  start(): void {
    const appended = this.#server.config.flag("appendonly") && this.aof.exists();
    this.loading = true;
    try {
      if (appended) this.aof.load();
      else this.loadSaved();
    } finally {
      this.loading = false;
    }
    this.savedDirty = this.#server.dirty;
    this.configureAof(appended);
  }

  /** Adds the keys of the RDB file, if there is one. */
  loadSaved(merge = false): void {
    if (!existsSync(this.#path)) return;
    try {
      loadAll(this.#server, readFileSync(this.#path, "latin1"), merge);
    } catch (error) {
      const { text, message } = error as { text?: string; message?: string };
      throw new Error(`cannot load ${this.#path}: ${text ?? message}`, { cause: error });
    }
  }

  /** Applies the setting `appendonly`. `loaded` is true if the dataset already equals the files. */
  configureAof(loaded = false): void {
    const server = this.#server;
    const wanted = server.config.flag("appendonly");
    if (wanted && server.propagation === undefined) {
      if (loaded) this.aof.resume();
      else this.aof.rewrite();
      server.propagation = new Propagation(server, (database, args) =>
        this.aof.record(database, args),
      );
    } else if (!wanted && server.propagation !== undefined) {
      server.propagation = undefined;
      this.aof.close();
    }
  }

  /** Writes the RDB file. Throws the host's error if that fails. */
  save(): void {
    const { config } = this.#server;
    try {
      replaceFile(config.get("dir"), config.get("dbfilename"), saveAll(this.#server));
    } catch (error) {
      this.lastSaveFailed = true;
      throw error;
    }
    this.lastSaveFailed = false;
    this.lastSaveMs = this.#server.nowMs;
    this.savedDirty = this.#server.dirty;
    this.saves++;
  }

  /**
   * Called after an event: writes the recorded commands, and schedules a save if the setting `save`
   * requires it.
   */
  afterEvent(): void {
    if (this.#server.propagation !== undefined) this.aof.flush();
    if (this.#saveTimer === undefined && this.#server.dirty !== this.savedDirty) this.#armSave();
  }

  /** The number of changes since the last RDB file. */
  get changes(): number {
    return this.#server.dirty - this.savedDirty;
  }

  /** The save points (`seconds changes`) of the setting `save`. */
  get #points(): { seconds: number; changes: number }[] {
    const words = this.#server.config.get("save").split(" ").map(Number);
    return words.flatMap((seconds, at) =>
      at % 2 === 0 && words[at + 1] !== undefined
        ? [{ seconds, changes: words[at + 1] as number }]
        : [],
    );
  }

  #armSave(): void {
    if (this.#server.config.get("save") === "") return;
    const due = this.#points.filter(({ changes }) => this.changes >= changes);
    if (due.length === 0) return;
    const seconds = Math.min(...due.map((point) => point.seconds));
    const atMs = this.lastSaveMs + seconds * 1_000;
    this.#saveTimer = setTimeout(
      () => {
        this.#saveTimer = undefined;
        this.#server.event(() => {
          if (this.changes > 0) this.#saveQuietly();
        });
      },
      Math.max(100, atMs - this.#server.nowMs),
    );
  }

  #saveQuietly(): void {
    try {
      this.save();
    } catch (error) {
      console.error(`redis: cannot write ${this.#path}: ${(error as Error).message}`);
    }
  }

  /** Why write commands are refused, or undefined if they are not. */
  get refusal(): RespError | undefined {
    const { config } = this.#server;
    if (this.aof.failure !== undefined) {
      return new RespError(`MISCONF Errors writing to the AOF file: ${this.aof.failure}`);
    }
    if (this.aof.syncFailed) {
      return new RespError("MISCONF Errors writing to the AOF file: Input/output error");
    }
    if (!this.lastSaveFailed || config.get("save") === "") return undefined;
    if (!config.flag("stop-writes-on-bgsave-error")) return undefined;
    return new RespError(
      "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.",
    );
  }

  stop(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    if (this.#server.propagation !== undefined) this.aof.close();
    this.#server.propagation = undefined;
  }
}
