/** A Lua state as Redis's scripts find it: Lua's libraries, Redis's, and globals that nobody may change. */
import { Client } from "../client.ts";
import { Drand48 } from "../lua/drand48.ts";
import { baseLibrary, caught, toText } from "../lua/library-base.ts";
import { bitLibrary } from "../lua/library-bit.ts";
import { cjsonLibrary } from "../lua/library-cjson.ts";
import { cmsgpackLibrary } from "../lua/library-cmsgpack.ts";
import { stringLibrary } from "../lua/library-string.ts";
import { structLibrary } from "../lua/library-struct.ts";
import { mathLibrary, tableLibrary } from "../lua/library-table.ts";
import { LuaRuntime } from "../lua/runtime.ts";
import { first, LuaError, type LuaFunction, LuaTable, type LuaValue } from "../lua/values.ts";
import { type Reply, RespError } from "../../../wire/index.ts";
import type { Server } from "../server.ts";
import { fromLua } from "./convert.ts";
import { redisLibrary, type ScriptState } from "./redis-library.ts";

/** What a run of a script needs to know. */
export interface RunOptions {
  readonly readOnly: boolean;
  /** How the script calls itself in the messages of its failures: its SHA1, or a function's name. */
  readonly title: string;
}

export class Environment {
  readonly runtime: LuaRuntime;
  readonly #server: Server;
  readonly #state: ScriptState;
  readonly #random: Drand48 = new Drand48();

  constructor(server: Server, chunkName: string, extra: Record<string, LuaValue> = {}) {
    this.#server = server;
    const runtime = new LuaRuntime(chunkName);
    this.runtime = runtime;
    const client = new Client(server, 0, undefined);
    client.denyBlocking = true;
    this.#state = { client, readOnly: false, version: 2, running: false };
    const { globals } = runtime;
    for (const [name, value] of Object.entries(baseLibrary(runtime))) globals.set(name, value);
    // The string library is also the metatable of all strings; the others wait until they are named.
    const strings = stringLibrary(runtime);
    strings.readonly = true;
    globals.set("string", strings);
    const libraries: Readonly<Record<string, () => LuaTable>> = {
      table: () => tableLibrary(runtime),
      math: () => mathLibrary(runtime, this.#random),
      os: () => LuaTable.fromRecord({ clock: () => server.nowMs / 1_000 }),
      redis: () => {
        const redis = redisLibrary(runtime, this.#state);
        for (const [name, value] of Object.entries(extra)) redis.set(name, value);
        return redis;
      },
      cjson: () => cjsonLibrary(runtime),
      cmsgpack: () => cmsgpackLibrary(runtime),
      struct: () => structLibrary(runtime),
      bit: () => bitLibrary(runtime),
    };
    const missing = (name: LuaValue): LuaValue => {
      if (typeof name !== "string" || !Object.hasOwn(libraries, name)) {
        return runtime.raise(
          `Script attempted to access nonexistent global variable '${toText(runtime, name)}'`,
        );
      }
      const library = (libraries[name] as () => LuaTable)();
      library.readonly = true;
      globals.set(name, library);
      return library;
    };
    runtime.missingGlobal = missing;
    globals.metatable = LuaTable.fromRecord({ __index: (_globals, name) => missing(name) });
    globals.metatable.readonly = true;
    globals.readonly = true;
  }

  /** Runs a function for a client: the clock stands still, and its result becomes the reply. */
  run(client: Client, run: LuaFunction, options: RunOptions): Reply {
    const state = this.#state;
    const server = this.#server;
    state.readOnly = options.readOnly;
    state.version = 2;
    state.client.db = client.db;
    state.running = true;
    server.frozen++;
    this.runtime.L.n = 1;
    try {
      return fromLua(first(this.runtime.start(run)), client.resp);
    } catch (error) {
      return this.#failed(error, options.title);
    } finally {
      server.frozen--;
      state.running = false;
    }
  }

  #failed(error: unknown, title: string): RespError {
    const value = caught(this.runtime, error);
    const line = error instanceof LuaError ? error.line : this.runtime.L.n;
    let text: string;
    if (value instanceof LuaTable && typeof value.get("err") === "string") {
      text = value.get("err") as string;
    } else {
      text = `ERR ${typeof value === "string" ? value : "unknown error"}`;
    }
    return new RespError(`${text} script: ${title}, on @${this.runtime.chunkName}:${line}.`);
  }
}

/** Flags that a script declares in its first line. */
export const scriptFlags: ReadonlySet<string> = new Set([
  "no-writes",
  "allow-oom",
  "allow-stale",
  "no-cluster",
  "allow-cross-slot-keys",
]);

/** The words of a first line such as `#!lua name=mylib flags=no-writes`. */
export function parseShebang(source: string): { engine: string; options: [string, string][] } {
  const line = source.slice(2, source.indexOf("\n") < 0 ? undefined : source.indexOf("\n"));
  const [engine = "", ...words] = line.trim().split(/\s+/);
  return {
    engine,
    options: words.map((word) => {
      const at = word.indexOf("=");
      return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
    }),
  };
}
