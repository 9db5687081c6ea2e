/** CLIENT PAUSE: all commands, or those that change data, wait until it ends. */
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { dispatch } from "./dispatch.ts";
import type { Server } from "./server.ts";

export type PauseKind = "all" | "write";

export class Pause {
  readonly #server: Server;
  #kind: PauseKind | undefined;
  #untilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #held: Map<Client, string[]> = new Map();

  constructor(server: Server) {
    this.#server = server;
  }

  /** True while keys must not expire and must not be evicted. */
  get active(): boolean {
    return this.#kind !== undefined;
  }

  /** Starts a pause, or extends the current one. The stricter kind applies. */
  start(kind: PauseKind, untilMs: number): void {
    if (this.#kind !== "all") this.#kind = kind;
    this.#untilMs = Math.max(this.#untilMs, untilMs);
    clearTimeout(this.#timer);
    const delayMs = Math.min(2 ** 31 - 1, Math.max(1, this.#untilMs - this.#server.nowMs));
    this.#timer = setTimeout(() => this.#server.event(() => this.end()), delayMs);
  }

  /** Ends the pause. The waiting clients continue in order. */
  end(): void {
    clearTimeout(this.#timer);
    this.#kind = undefined;
    this.#untilMs = 0;
    const held = [...this.#held];
    this.#held.clear();
    for (const [client, args] of held) {
      this.#server.blockedClients--;
      client.postponed = false;
      if (client.closed) continue;
      dispatch(client, args);
      this.#server.resumable.push(client);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Whether a client's command must wait. */
  holds(client: Client, command: Command, args: readonly string[]): boolean {
    if (this.#kind === undefined || client.socket === undefined) return false;
    if (this.#kind === "all") return true;
    if (command.name === "exec") {
      return (client.queue ?? []).some((one) => mayChange(client, one.command, one.args));
    }
    return mayChange(client, command, args);
  }

  hold(client: Client, args: string[]): void {
    client.postponed = true;
    this.#server.blockedClients++;
    this.#held.set(client, args);
  }

  forget(client: Client): void {
    if (this.#held.delete(client)) this.#server.blockedClients--;
  }
}

function mayChange({ server }: Client, command: Command, args: readonly string[]): boolean {
  if (command.writes) return true;
  if (!command.flags.includes("P")) return false;
  // A script that declares that it does not write is trusted.
  if (command.name === "eval") return !writesNothing(args[1] ?? "");
  if (command.name === "evalsha") return !server.harmlessScripts.has((args[1] ?? "").toLowerCase());
  if (command.name !== "fcall") return true;
  return server.scripts?.functions.find(args[1] ?? "")?.flags.includes("no-writes") !== true;
}

/** Whether the first line of a script declares that it does not write. */
export function writesNothing(source: string): boolean {
  return /^#!lua[^\n]*\bno-writes\b/.test(source);
}
