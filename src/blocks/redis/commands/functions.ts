/** FUNCTION and FCALL. */
import type { RespError } from "../../../wire/index.ts";
import { MapReply, OK, type Reply, SetReply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable, NoReply } from "../command.ts";
import { err } from "../errors.ts";
import { globMatch } from "../glob.ts";
import { parseInteger } from "../numbers.ts";
import { ByteReader, CorruptError } from "../rdb/bytes.ts";
import { sealed, unsealed } from "../rdb/dump.ts";
import { saveFunctions } from "../rdb/file.ts";
import { readString } from "../rdb/strings.ts";
import { OPCODE } from "../rdb/types.ts";
import type { FunctionLibrary } from "../scripting/functions.ts";
import { engineOf } from "./scripting.ts";

function load(client: Client, args: string[]): Reply {
  let replace = false;
  for (const word of args.slice(2, -1)) {
    if (word.toUpperCase() !== "REPLACE") throw err(`Unknown option given: ${word}`);
    replace = true;
  }
  const name = engineOf(client).functions.load(args[args.length - 1] as string, replace);
  client.server.dirty++;
  return name;
}

function remove(client: Client, args: string[]): Reply {
  if (!engineOf(client).functions.delete(args[2] as string)) {
    throw err("Library not found");
  }
  return OK;
}

const BAD_SUBCOMMAND = (name: string): RespError =>
  err(`unknown subcommand or wrong number of arguments for '${name}'. Try FUNCTION HELP.`);

function flush(client: Client, args: string[]): Reply {
  if (args.length > 3) throw BAD_SUBCOMMAND(args[1] as string);
  const word = args[2]?.toUpperCase();
  if (word !== undefined && word !== "SYNC" && word !== "ASYNC") {
    throw err("FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  client.server.scripts?.functions.clear();
  client.server.dirty++;
  return OK;
}

/** Returns all libraries as bytes that FUNCTION RESTORE accepts, on this server or another. */
function dump({ server }: Client): Reply {
  return sealed(saveFunctions(server));
}

function restore(client: Client, args: string[]): Reply {
  if (args.length > 4) throw BAD_SUBCOMMAND(args[1] as string);
  const policy = (args[3] ?? "append").toLowerCase();
  if (policy !== "append" && policy !== "replace" && policy !== "flush") {
    throw err("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  }
  const body = unsealed(args[2] as string);
  if (body === undefined) throw err("DUMP payload version or checksum are wrong");
  engineOf(client).functions.restore(librariesIn(body), policy);
  client.server.dirty++;
  return OK;
}

/** Returns the code of each library in a payload. */
function librariesIn(body: string): string[] {
  const reader = new ByteReader(body);
  const codes: string[] = [];
  try {
    while (reader.left > 0) {
      if (reader.byte() !== OPCODE.functions) throw err("given type is not a function");
      codes.push(readString(reader));
    }
  } catch (error) {
    if (error instanceof CorruptError) throw err("failed loading the given functions payload");
    throw error;
  }
  return codes;
}

function describe(library: FunctionLibrary, withCode: boolean): Reply {
  const functions = [...library.functions.values()].map(
    ({ name, description, flags }) =>
      new MapReply(["name", name, "description", description, "flags", new SetReply([...flags])]),
  );
  const flat: Reply[] = ["library_name", library.name, "engine", "LUA", "functions", functions];
  if (withCode) flat.push("library_code", library.code);
  return new MapReply(flat);
}

function list(client: Client, args: string[]): Reply {
  let withCode = false;
  let pattern: string | undefined;
  for (let at = 2; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "WITHCODE" && !withCode) withCode = true;
    else if (word === "LIBRARYNAME" && pattern === undefined) {
      if (at + 1 >= args.length) throw err("library name argument was not given");
      pattern = args[++at] as string;
    } else throw err(`Unknown argument ${args[at] as string}`);
  }
  return [...engineOf(client).functions.libraries.values()]
    .filter(({ name }) => globMatch(pattern ?? "*", name))
    .map((library) => describe(library, withCode));
}

function stats(client: Client): Reply {
  const running = client.server.busy.runningFunction();
  const libraries = [...engineOf(client).functions.libraries.values()];
  const count = libraries.reduce((sum, { functions }) => sum + functions.size, 0);
  return new MapReply([
    "running_script",
    running === undefined
      ? null
      : new MapReply([
          "name",
          running.name,
          "command",
          [...running.request],
          "duration_ms",
          running.durationMs,
        ]),
    "engines",
    new MapReply([
      "LUA",
      new MapReply(["libraries_count", libraries.length, "functions_count", count]),
    ]),
  ]);
}

function call(readOnly: boolean) {
  return (client: Client, args: string[]): Reply | NoReply => {
    const { functions } = engineOf(client);
    const name = args[1] as string;
    if (!functions.find(name)) throw err("Function not found");
    const count = parseInteger(args[2] as string, err("Bad number of keys provided"));
    if (count > args.length - 3) throw err("Number of keys can't be greater than number of args");
    if (count < 0) throw err("Number of keys can't be negative");
    const keys = args.slice(3, 3 + count);
    return functions.call(client, name, { keys, args: args.slice(3 + count), readOnly });
  };
}

export const functions: CommandTable = {
  fcall: [call(false), -3, "sMP"],
  fcall_ro: [call(true), -3, "srM"],
  function: [
    {
      load: [load, -3, "wms"],
      delete: [remove, 3, "ws"],
      flush: [flush, -2, "ws"],
      list: [list, -2, "s"],
      dump: [dump, 2, "s"],
      restore: [restore, -3, "wms"],
      stats: [stats, 2, "slt"],
      kill: [({ server }) => server.busy.kill("function"), 2, "slt"],
    },
    -2,
    "",
  ],
};
