/**
 * Runs scripts: one Lua state for the server, made at the first EVAL, and compiled scripts by their SHA1.
 * While a script runs the clock stands still and nothing else does, so a script is atomic.
 */
import { type Reply, RespError } from "../../../wire/index.ts";
import { Client } from "../client.ts";
import { baseLibrary, caught } from "../lua/library-base.ts";
import { bitLibrary } from "../lua/library-bit.ts";
import { cjsonLibrary } from "../lua/library-cjson.ts";
import { cmsgpackLibrary } from "../lua/library-cmsgpack.ts";
import { structLibrary } from "../lua/library-struct.ts";
import { stringLibrary } from "../lua/library-string.ts";
import { mathLibrary, tableLibrary } from "../lua/library-table.ts";
import { Drand48 } from "../lua/drand48.ts";
import { LuaRuntime } from "../lua/runtime.ts";
import { first, LuaError, type LuaFunction, LuaTable, type LuaValue } from "../lua/values.ts";
import type { Server } from "../server.ts";
import { fromLua } from "./convert.ts";
import { redisLibrary, type ScriptState, sha1 } from "./redis-library.ts";

export class ScriptEngine {
  readonly #server: Server;
  readonly #runtime: LuaRuntime = new LuaRuntime("user_script");
  readonly #state: ScriptState;
  readonly #random: Drand48 = new Drand48();
  readonly #shas: Map<string, string> = new Map();
  readonly #scripts: Map<string, LuaFunction> = new Map();

  constructor(server: Server) {
    this.#server = server;
    const client = new Client(server, 0, undefined);
    client.denyBlocking = true;
    this.#state = { client, readOnly: false, version: 2 };
    const { globals } = this.#runtime;
    for (const [name, value] of Object.entries(baseLibrary(this.#runtime)))
      globals.set(name, value);
    const libraries: Record<string, LuaTable> = {
      string: stringLibrary(this.#runtime),
      table: tableLibrary(this.#runtime),
      math: mathLibrary(this.#runtime, this.#random),
      os: LuaTable.fromRecord({ clock: () => server.nowMs / 1_000 }),
      redis: redisLibrary(this.#runtime, this.#state),
      cjson: cjsonLibrary(this.#runtime),
      cmsgpack: cmsgpackLibrary(this.#runtime),
      struct: structLibrary(this.#runtime),
      bit: bitLibrary(this.#runtime),
    };
    for (const [name, library] of Object.entries(libraries)) {
      globals.set(name, library);
      library.readonly = true;
    }
    globals.readonly = true;
    this.#runtime.missingGlobal = (name) =>
      this.#runtime.raise(`Script attempted to access nonexistent global variable '${name}'`);
  }

  /** Compiles a script and gives its SHA1; throws when it does not compile. */
  load(source: string): string {
    let sha = this.#shas.get(source);
    if (sha !== undefined && this.#scripts.has(sha)) return sha;
    sha = sha1(source);
    if (!this.#scripts.has(sha)) {
      try {
        this.#scripts.set(sha, this.#runtime.load(source));
      } catch (error) {
        if (!(error instanceof LuaError)) throw error;
        throw new RespError(`ERR Error compiling script (new function): ${String(error.value)}`);
      }
    }
    this.#shas.set(source, sha);
    return sha;
  }

  has(sha: string): boolean {
    return this.#scripts.has(sha.toLowerCase());
  }

  flush(): void {
    this.#shas.clear();
    this.#scripts.clear();
  }

  /** Runs a loaded script for a client. */
  run(
    client: Client,
    options: { sha: string; keys: string[]; args: string[]; readOnly: boolean },
  ): Reply {
    const script = this.#scripts.get(options.sha);
    if (!script) throw new RespError("NOSCRIPT No matching script. Please use EVAL.");
    const { globals } = this.#runtime;
    globals.hash.set("KEYS", LuaTable.fromList(options.keys));
    globals.hash.set("ARGV", LuaTable.fromList(options.args));
    this.#random.seed(0);
    this.#state.readOnly = options.readOnly;
    this.#state.version = 2;
    this.#state.client.db = client.db;
    this.#server.frozen++;
    this.#runtime.L.n = 1;
    try {
      const value = first(this.#runtime.start(script));
      return fromLua(value, client.resp);
    } catch (error) {
      return this.#failed(caught(this.#runtime, error), error, options.sha);
    } finally {
      this.#server.frozen--;
      client.db = this.#server.databases[client.db.index] as Client["db"];
    }
  }

  #failed(value: LuaValue, error: unknown, sha: string): RespError {
    const line = error instanceof LuaError ? error.line : this.#runtime.L.n;
    let text: string;
    if (value instanceof LuaTable && typeof value.get("err") === "string") {
      text = value.get("err") as string;
    } else {
      text = `ERR ${typeof value === "string" ? value : "unknown error"}`;
    }
    return new RespError(`${text} script: ${sha}, on @user_script:${line}.`);
  }
}
