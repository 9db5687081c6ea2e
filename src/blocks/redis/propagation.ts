/**
 * Which commands would make another server the same as this one: what the append-only file records.
 *
 * A command that changed something is recorded as it was given, unless it said what to record instead:
 * a relative time becomes an absolute one, a random choice the choice that was made, a pop that waited a
 * plain pop. What one command or transaction records is atomic.
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
  /** Whether the command under way has said what to record instead of it. */
  #replaced = false;

  constructor(server: Server, record: (database: number, args: readonly string[]) => void) {
    this.#server = server;
    this.#record = record;
  }

  /** Runs a command and notes its effects. */
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

  /** Notes an effect in the place of the command under way. */
  instead(database: Database, args: readonly (string | number | bigint)[]): void {
    this.#replaced = true;
    this.also(database, args);
  }

  /** Notes an effect beside the command under way. */
  also(database: Database, args: readonly (string | number | bigint)[]): void {
    this.#pending.push({ database: database.index, args: args.map(String) });
  }

  /** Does several things whose effects are one. */
  together(work: () => void): void {
    this.#depth++;
    try {
      work();
    } finally {
      this.#depth--;
      this.commit();
    }
  }

  /** Records what is noted, unless a command is still under way. */
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
