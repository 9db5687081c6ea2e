/**
 * Handles scripts that do not end. Redis runs nothing else meanwhile: requests wait for
 * `busy-reply-threshold` milliseconds, and after that they are answered with BUSY until the script
 * or the server is killed. A script that exceeds its step limit counts as one that never ends (see
 * `scripting/environment.ts`).
 */
import { OK, type Reply, RespError } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { factsOf } from "./command-facts.ts";
import type { Server } from "./server.ts";

/** Whether EVAL or FCALL started the script. A different command kills each kind. */
export type ScriptKind = "script" | "function";

/** A script that is treated as still running. */
export interface EndlessScript {
  readonly kind: ScriptKind;
  readonly client: Client;
  /** The function's name, or the script's SHA1 for EVAL. */
  readonly title: string;
  /**
   * Whether it has changed data. It cannot be killed then, because half of its changes would
   * remain.
   */
  readonly hasWritten: boolean;
  /** The reply to its client when it is killed. */
  readonly failure: RespError;
}

export class Busy {
  readonly #server: Server;
  #script: (EndlessScript & { readonly request: readonly string[]; sinceMs: number }) | undefined;
  /**
   * Continues the transaction that contains the script. Without a transaction, the script's client
   * is answered.
   */
  #resume: ((reply: Reply) => void) | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  get active(): boolean {
    return this.#script !== undefined;
  }

  /** Marks the server as busy with this script. */
  start(script: EndlessScript): void {
    const server = this.#server;
    const { client } = script;
    client.postponed = true;
    this.#script = { ...script, request: client.request, sinceMs: server.nowMs };
    this.#resume = undefined;
    server.stall(server.config.number("busy-reply-threshold"));
  }

  /** Sets how to continue with the script's reply once it has been killed. */
  resumeWith(resume: (reply: Reply) => void): void {
    this.#resume = resume;
  }

  /** Returns why a command may not run now, or undefined if it may. */
  refusal(command: Command): RespError | undefined {
    if (this.#script === undefined) return undefined;
    if (factsOf(command.name).flags.includes("allow_busy")) return undefined;
    return busyWith(this.#script.kind);
  }

  /** Throws while a script runs, because the server cannot save its data and shut down then. */
  refuseToSave(): void {
    if (this.#script !== undefined) throw busyWith(this.#script.kind);
  }

  /** SCRIPT KILL and FUNCTION KILL. */
  kill(kind: ScriptKind): Reply {
    const script = this.#script;
    if (script === undefined) {
      throw new RespError("NOTBUSY No scripts in execution right now.");
    }
    if (script.hasWritten) {
      throw new RespError(
        "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
      );
    }
    if (script.kind !== kind) throw busyWith(script.kind);
    const server = this.#server;
    const resume = this.#resume;
    this.#script = undefined;
    this.#resume = undefined;
    const { client, failure } = script;
    server.countError(failure);
    // The client that kills the script is answered first.
    server.afterCommand(() => {
      client.postponed = false;
      if (resume) resume(failure);
      else client.reply(failure);
      if (!client.closed) server.resumable.push(client);
    });
    return OK;
  }

  /**
   * Returns what FUNCTION STATS reports about the running function: its name, its call, and its
   * duration.
   */
  runningFunction(): { name: string; request: readonly string[]; durationMs: number } | undefined {
    const script = this.#script;
    if (script === undefined) return undefined;
    if (script.kind === "script") throw busyWith("script");
    const { title: name, request, sinceMs } = script;
    return { name, request, durationMs: this.#server.nowMs - sinceMs };
  }
}

function busyWith(kind: ScriptKind): RespError {
  return new RespError(
    `BUSY Redis is busy running a script. You can only call ${kind.toUpperCase()} KILL or SHUTDOWN NOSAVE.`,
  );
}
