/**
 * EVAL's scripts: compiled once, and stored by their SHA1. While a script runs, the clock stands
 * still and nothing else runs, so a script is atomic.
 */
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { NoReply } from "../command.ts";
import { err } from "../errors.ts";
import type { Server } from "../server.ts";
import { admitScript } from "./admission.ts";
import { Environment, LuaMessage } from "./environment.ts";
import { FunctionLibraries } from "./functions.ts";
import { sha1 } from "./redis-library.ts";
import { parseShebang, scriptFlags, withoutShebang } from "./shebang.ts";

interface Script {
  /** The reference number of its function in the environment. */
  readonly run: number;
  /**
   * The flags in its first line. Undefined if there is no such line, in which case the permissions
   * of its call apply.
   */
  readonly flags: ReadonlySet<string> | undefined;
}

export class ScriptEngine {
  readonly #environment: Environment;
  readonly #shas: Map<string, string> = new Map();
  readonly #scripts: Map<string, Script> = new Map();
  readonly functions: FunctionLibraries;
  /** True if scripts may call every command: DEBUG SET-DISABLE-DENY-SCRIPTS. */
  unlimited = false;

  constructor(server: Server) {
    this.#environment = new Environment(server, "user_script");
    this.functions = new FunctionLibraries(server);
  }

  /** Compiles a script and returns its SHA1. Throws if it does not compile. */
  load(source: string): string {
    let sha = this.#shas.get(source);
    if (sha !== undefined && this.#scripts.has(sha)) return sha;
    sha = sha1(source);
    if (!this.#scripts.has(sha)) {
      try {
        const flags = parseFlags(source);
        this.#scripts.set(sha, { run: this.#environment.compile(withoutShebang(source)), flags });
      } catch (error) {
        if (!(error instanceof LuaMessage)) throw error;
        throw new RespError(error.message);
      }
    }
    this.#shas.set(source, sha);
    return sha;
  }

  /** The number of stored scripts. */
  get size(): number {
    return this.#scripts.size;
  }

  has(sha: string): boolean {
    return this.#scripts.has(sha.toLowerCase());
  }

  flush(): void {
    for (const { run } of this.#scripts.values()) this.#environment.lua.release(run);
    this.#shas.clear();
    this.#scripts.clear();
  }

  /** Runs a loaded script for a client. */
  run(
    client: Client,
    options: { sha: string; keys: string[]; args: string[]; readOnly: boolean },
  ): Reply | NoReply {
    const script = this.#scripts.get(options.sha);
    if (!script) throw new RespError("NOSCRIPT No matching script. Please use EVAL.");
    return this.#environment.run(client, script.run, {
      ...admitScript(client.server, script.flags, options.readOnly),
      keys: options.keys,
      args: options.args,
      title: options.sha,
    });
  }
}

function parseFlags(source: string): ReadonlySet<string> | undefined {
  if (!source.startsWith("#!")) return undefined;
  if (!source.includes("\n")) throw err("Invalid script shebang");
  const { engine, options } = parseShebang(source);
  if (engine !== "lua") throw err(`Unexpected engine in script shebang: ${engine}`);
  const flags = new Set<string>();
  for (const [name, value] of options) {
    if (name !== "flags") throw err(`Unknown lua shebang option: ${name}`);
    for (const flag of value.split(",").filter((word) => word !== "")) {
      if (!scriptFlags.has(flag)) throw err(`Unexpected flag in script shebang: ${flag}`);
      flags.add(flag);
    }
  }
  return flags;
}
