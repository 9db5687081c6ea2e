/**
 * A script that does not end. Redis then runs nothing else: for `busy-reply-threshold` milliseconds requests
 * wait, and after that they are answered with BUSY, until somebody kills the script or the server. A script that
 * has used up its steps counts as one that never ends (see `scripting/environment.ts`).
 */
import { OK, type Reply, RespError } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { factsOf } from "./command-facts.ts";
import type { Server } from "./server.ts";

/** Whether EVAL or FCALL started it: each has a command of its own that kills it. */
export type ScriptKind = "script" | "function";

/** A script that is still running as far as anybody can tell. */
export interface EndlessScript {
  readonly kind: ScriptKind;
  readonly client: Client;
  /** The function's name; for EVAL, the script's SHA1. */
  readonly title: string;
  /** Whether it has changed data: it cannot be killed then, as half of it would stay. */
  readonly hasWritten: boolean;
  /** What its client is answered when it is killed. */
  readonly failure: RespError;
}

export class Busy {
  readonly #server: Server;
  #script: (EndlessScript & { readonly request: readonly string[]; sinceMs: number }) | undefined;
  /** Goes on with the transaction that the script is part of; without one, its client is answered. */
  #resume: ((reply: Reply) => void) | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  get active(): boolean {
    return this.#script !== undefined;
  }

  /** From now on the server is busy with this script. */
  start(script: EndlessScript): void {
    const server = this.#server;
    const { client } = script;
    client.postponed = true;
    this.#script = { ...script, request: client.request, sinceMs: server.nowMs };
    this.#resume = undefined;
    server.stall(server.config.number("busy-reply-threshold"));
  }

  /** Says how to go on once the script has been killed, with its reply. */
  resumeWith(resume: (reply: Reply) => void): void {
    this.#resume = resume;
  }

  /** Why a command may not run now; undefined when it may. */
  refusal(command: Command): RespError | undefined {
    if (this.#script === undefined) return undefined;
    if (factsOf(command.name).flags.includes("allow_busy")) return undefined;
    return busyWith(this.#script.kind);
  }

  /** Throws unless the server may end with its data saved. */
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
    // The one who kills is answered first.
    server.afterCommand(() => {
      client.postponed = false;
      if (resume) resume(failure);
      else client.reply(failure);
      if (!client.closed) server.resumable.push(client);
    });
    return OK;
  }

  /** What FUNCTION STATS tells of the function that runs: its name, its call, and for how long. */
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
