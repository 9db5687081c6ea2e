/** FUNCTION and FCALL. */
import { MapReply, OK, type Reply, RespError, SetReply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err } from "../errors.ts";
import { globMatch } from "../glob.ts";
import { parseInteger } from "../numbers.ts";
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

function flush(client: Client, args: string[]): Reply {
  const word = args[2]?.toUpperCase();
  if (args.length > 3 || (word !== undefined && word !== "SYNC" && word !== "ASYNC")) {
    throw err("FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  client.server.scripts?.functions.clear();
  return OK;
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
  let pattern = "*";
  for (let at = 2; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "WITHCODE" && !withCode) withCode = true;
    else if (word === "LIBRARYNAME") {
      if (at + 1 >= args.length) throw err("library name argument was not given");
      pattern = args[++at] as string;
    } else throw err(`Unknown argument ${args[at] as string}`);
  }
  return [...engineOf(client).functions.libraries.values()]
    .filter(({ name }) => globMatch(pattern, name))
    .map((library) => describe(library, withCode));
}

function stats(client: Client): Reply {
  const libraries = [...engineOf(client).functions.libraries.values()];
  const count = libraries.reduce((sum, { functions }) => sum + functions.size, 0);
  return new MapReply([
    "running_script",
    null,
    "engines",
    new MapReply([
      "LUA",
      new MapReply(["libraries_count", libraries.length, "functions_count", count]),
    ]),
  ]);
}

function call(readOnly: boolean) {
  return (client: Client, args: string[]): Reply => {
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
      stats: [stats, 2, "slt"],
      kill: [
        () => {
          throw new RespError("NOTBUSY No scripts in execution right now.");
        },
        2,
        "slt",
      ],
    },
    -2,
    "",
  ],
};
