/** All commands, gathered from the groups at the first request. */
import { Command, type CommandTable } from "./command.ts";
import { bits } from "./commands/bits.ts";
import { functions } from "./commands/functions.ts";
import { hashes } from "./commands/hashes.ts";
import { listMoves } from "./commands/list-moves.ts";
import { lists } from "./commands/lists.ts";
import { sets } from "./commands/sets.ts";
import { sorting } from "./commands/sort.ts";
import { streamGroups } from "./commands/stream-groups.ts";
import { streamInfo } from "./commands/stream-info.ts";
import { streamReads } from "./commands/stream-reads.ts";
import { streams } from "./commands/streams.ts";
import { zsetAlgebra } from "./commands/zset-algebra.ts";
import { zsetRanges } from "./commands/zset-ranges.ts";
import { zsets } from "./commands/zsets.ts";
import { connection } from "./commands/connection.ts";
import { expire } from "./commands/expire.ts";
import { keys } from "./commands/keys.ts";
import { pubsub } from "./commands/pubsub.ts";
import { scripting } from "./commands/scripting.ts";
import { serverCommands } from "./commands/server-commands.ts";
import { strings } from "./commands/strings.ts";
import { counters } from "./commands/counters.ts";
import { transactions } from "./commands/transactions.ts";

let table: Map<string, Command> | undefined;

const groups: () => readonly (readonly [string, CommandTable])[] = () => [
  ["connection", connection],
  ["server", serverCommands],
  ["generic", keys],
  ["generic", expire],
  ["string", strings],
  ["string", counters],
  ["bitmap", bits],
  ["list", lists],
  ["list", listMoves],
  ["hash", hashes],
  ["set", sets],
  ["sorted-set", zsets],
  ["sorted-set", zsetRanges],
  ["sorted-set", zsetAlgebra],
  ["stream", streams],
  ["stream", streamReads],
  ["stream", streamGroups],
  ["stream", streamInfo],
  ["generic", sorting],
  ["transactions", transactions],
  ["pubsub", pubsub],
  ["scripting", scripting],
  ["scripting", functions],
];

/** Commands by lower-case name. */
export function commandTable(): Map<string, Command> {
  if (table) return table;
  table = new Map();
  for (const [group, rows] of groups()) {
    for (const name of Object.keys(rows)) {
      table.set(name, new Command(name, group, rows[name] as CommandTable[string]));
    }
  }
  return table;
}
