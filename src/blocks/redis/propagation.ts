/**
 * Determines the commands that would reproduce this server's data on another server. The
 * append-only file records these.
 *
 * A command that changed something is recorded as it was received, unless it specified what to
 * record instead: a relative time becomes an absolute time, a random choice becomes the element
 * that was chosen, and a blocking pop becomes a plain pop. All records of one command or
 * transaction are atomic.
 */
import type { Client } from "./client.ts";
import type { Command, NoReply } from "./command.ts";
import type { Database } from "./database.ts";
import type { Server } from "./server.ts";
import type { Reply } from "../../wire/index.ts";

interface Effect {
  readonly database: number;
  readonly args: readonly string[];
}

/** Commands whose effects are those of the commands that they run. */
const wrappers = new Set(["exec", "eval", "evalsha", "fcall", "eval_ro", "evalsha_ro", "fcall_ro"]);

export class Propagation {
  readonly #server: Server;
  readonly #record: (database: number, args: readonly string[]) => void;
  #pending: Effect[] = [];
  #depth = 0;
  /** Whether the current command specified what to record instead of it. */
  #replaced = false;

  constructor(server: Server, record: (database: number, args: readonly string[]) => void) {
    this.#server = server;
    this.#record = record;
  }

  /** Runs a command and records its effects. */
  run(client: Client, command: Command, args: string[]): Reply | NoReply {
    const { dirty } = this.#server;
    const { index } = client.db;
    const outer = this.#replaced;
    this.#replaced = false;
    this.#depth++;
    try {
      return command.run(client, args);
    } finally {
      if (this.#server.dirty !== dirty && !this.#replaced && !wrappers.has(command.name)) {
        this.#pending.push({ database: index, args });
      }
      this.#replaced = outer;
      this.#depth--;
      this.commit();
    }
  }

  /** Records an effect instead of the current command. */
  instead(database: Database, args: readonly (string | number | bigint)[]): void {
    this.#replaced = true;
    this.also(database, args);
  }

  /** Records an effect in addition to the current command. */
  also(database: Database, args: readonly (string | number | bigint)[]): void {
    this.#pending.push({ database: database.index, args: args.map(String) });
  }

  /** Runs `work` and records all of its effects as one unit. */
  together(work: () => void): void {
    this.#depth++;
    try {
      work();
    } finally {
      this.#depth--;
      this.commit();
    }
  }

  /** Writes the collected records, unless a command is still running. */
  commit(): void {
    const pending = this.#pending;
    if (this.#depth > 0 || pending.length === 0 || this.#server.busy.active) return;
    this.#pending = [];
    const first = (pending[0] as Effect).database;
    if (pending.length > 1) this.#record(first, ["MULTI"]);
    for (const { database, args } of pending) this.#record(database, args);
    if (pending.length > 1)
      this.#record((pending[pending.length - 1] as Effect).database, ["EXEC"]);
  }
}
