/** OBJECT: how a key is kept. */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err } from "../errors.ts";
import type { Value } from "../values/value.ts";

function about(tell: (value: Value, client: Client) => Reply) {
  return (client: Client, args: string[]): Reply => {
    const value = client.db.peek(args[2] as string);
    return value === undefined ? null : tell(value, client);
  };
}

const help = [
  "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
  "ENCODING <key>",
  "    Return the kind of internal representation used in order to store the value",
  "    associated with a <key>.",
  "FREQ <key>",
  "    Return the access frequency index of the <key>. The returned integer is",
  "    proportional to the logarithm of the recent access frequency of the key.",
  "IDLETIME <key>",
  "    Return the idle time of the <key>, that is the approximated number of",
  "    seconds elapsed since the last access to the key.",
  "REFCOUNT <key>",
  "    Return the number of references of the value associated with the specified",
  "    <key>.",
  "HELP",
  "    Print this help.",
];

export const objectCommands: CommandTable = {
  encoding: [about((value) => value.encoding()), 3, "r", 2, 2, 1],
  idletime: [
    about((value, client) => Math.floor((client.server.nowMs - value.touchedMs) / 1_000)),
    3,
    "r",
    2,
    2,
    1,
  ],
  refcount: [about(() => 1), 3, "r", 2, 2, 1],
  freq: [
    about(() => {
      throw err(
        "An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
      );
    }),
    3,
    "r",
    2,
    2,
    1,
  ],
  help: [() => help, 2, "lt"],
};
