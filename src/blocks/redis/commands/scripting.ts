/** EVAL, EVALSHA and SCRIPT. */
import { OK, type Reply, RespError } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable, NoReply } from "../command.ts";
import { err, NOT_INTEGER } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { writesNothing } from "../pause.ts";
import { ScriptEngine } from "../scripting/engine.ts";

/** Returns the script engine. Creates it on first use. */
export function engineOf(client: Client): ScriptEngine {
  client.server.scripts ??= new ScriptEngine(client.server);
  return client.server.scripts;
}

/** Compiles a script and remembers what its first line declares. */
function load(client: Client, source: string): string {
  const sha = engineOf(client).load(source);
  if (writesNothing(source)) client.server.harmlessScripts.add(sha);
  return sha;
}

function evaluate(bySha: boolean, readOnly: boolean) {
  return (client: Client, args: string[]): Reply | NoReply => {
    const count = parseInteger(args[2] as string, NOT_INTEGER);
    if (count > args.length - 3) throw err("Number of keys can't be greater than number of args");
    if (count < 0) throw err("Number of keys can't be negative");
    const engine = engineOf(client);
    const given = args[1] as string;
    const sha = bySha ? given.toLowerCase() : load(client, given);
    if (bySha && (sha.length !== 40 || !engine.has(sha))) {
      throw new RespError("NOSCRIPT No matching script. Please use EVAL.");
    }
    return engine.run(client, {
      sha,
      keys: args.slice(3, 3 + count),
      args: args.slice(3 + count),
      readOnly,
    });
  };
}

function flush(client: Client, args: string[]): Reply {
  const word = args[2]?.toUpperCase();
  if (args.length > 3 || (word !== undefined && word !== "SYNC" && word !== "ASYNC")) {
    throw err("SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  client.server.scripts?.flush();
  return OK;
}

export const scripting: CommandTable = {
  eval: [evaluate(false, false), -3, "sMP"],
  evalsha: [evaluate(true, false), -3, "sMP"],
  eval_ro: [evaluate(false, true), -3, "srM"],
  evalsha_ro: [evaluate(true, true), -3, "srM"],
  script: [
    {
      load: [(client, args) => load(client, args[2] as string), 3, "s"],
      exists: [
        (client, args) => args.slice(2).map((sha) => (client.server.scripts?.has(sha) ? 1 : 0)),
        -3,
        "s",
      ],
      flush: [flush, -2, "s"],
      kill: [({ server }) => server.busy.kill("script"), 2, "s"],
    },
    -2,
    "",
  ],
};
