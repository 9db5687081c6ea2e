/**
 * The table of all commands. A command object is created on first use, because a world may start
 * dozens of servers, and each uses only a few commands.
 */
import { Command, type CommandRow, type CommandTable } from "./command.ts";
import { bits } from "./commands/bits.ts";
import { functions } from "./commands/functions.ts";
import { dumps } from "./commands/dump.ts";
import { geoSearches } from "./commands/geo-search.ts";
import { geo } from "./commands/geo.ts";
import { hashes } from "./commands/hashes.ts";
import { hyperloglog } from "./commands/hyperloglog.ts";
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
import { persistenceCommands } from "./commands/persistence.ts";
import { pubsub } from "./commands/pubsub.ts";
import { scripting } from "./commands/scripting.ts";
import { serverCommands } from "./commands/server-commands.ts";
import { strings } from "./commands/strings.ts";
import { counters } from "./commands/counters.ts";
import { transactions } from "./commands/transactions.ts";

const groups: readonly (readonly [string, CommandTable])[] = [
  ["connection", connection],
  ["server", serverCommands],
  ["server", persistenceCommands],
  ["generic", keys],
  ["generic", dumps],
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
  ["geo", geo],
  ["geo", geoSearches],
  ["hyperloglog", hyperloglog],
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

/** Clients may write a name in any mixture of cases. */
const SPELLINGS_MAX = 1_000;

/** Commands by lower-case name. */
export class Commands {
  readonly #made: Map<string, Command> = new Map();
  /** Commands by their names as clients and scripts have written them. */
  readonly #spelt: Map<string, Command> = new Map();

  /** Returns the command with this name, in any case. */
  find(name: string): Command | undefined {
    return this.#spelt.get(name) ?? this.#spell(name);
  }

  /** Most scripts write names in capitals, and looking for such a name among all commands takes long. */
  #spell(name: string): Command | undefined {
    const command = this.get(name.toLowerCase());
    if (command !== undefined && this.#spelt.size < SPELLINGS_MAX) this.#spelt.set(name, command);
    return command;
  }

  /** Returns the command with this name. */
  get(name: string): Command | undefined {
    return this.#made.get(name) ?? this.#make(name);
  }

  #make(name: string): Command | undefined {
    for (const [group, rows] of groups) {
      if (!Object.hasOwn(rows, name)) continue;
      const command = new Command(name, group, rows[name] as CommandRow);
      this.#made.set(name, command);
      return command;
    }
    return undefined;
  }

  /** Returns every name, group by group. */
  names(): string[] {
    return groups.flatMap(([, rows]) => Object.keys(rows));
  }

  /** Returns every command. */
  all(): Command[] {
    return this.names().map((name) => this.get(name) as Command);
  }

  /** Returns the commands that have been looked up so far. */
  used(): Iterable<Command> {
    return this.#made.values();
  }
}
