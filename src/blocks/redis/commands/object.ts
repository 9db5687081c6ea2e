/** OBJECT: how a key's value is stored. */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err } from "../errors.ts";
import { countNow, idleMinutes } from "../frequency.ts";
import { StringValue } from "../values/string.ts";
import type { Value } from "../values/value.ts";

function about(tell: (value: Value, client: Client) => Reply) {
  return (client: Client, args: string[]): Reply => {
    const value = client.db.peek(args[2] as string);
    return value === undefined ? null : tell(value, client);
  };
}

/** Small integers are shared objects, and have the maximum reference count. */
function referenceCount(value: Value, { server }: Client): Reply {
  // A value with an access time or frequency of its own cannot be shared.
  if (/lru|lfu/.test(server.config.get("maxmemory-policy")) && server.memory.tracking) return 1;
  const shared = value instanceof StringValue && /^(0|[1-9][0-9]{0,3})$/.test(value.text);
  return shared && value.encoding() === "int" ? 2_147_483_647 : 1;
}

export const objectCommands: CommandTable = {
  encoding: [about((value) => value.encoding()), 3, "r", 2, 2, 1],
  idletime: [
    about((value, { server }) => {
      if (server.countsAccesses) {
        throw err(
          "An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
        );
      }
      return Math.max(0, Math.floor((server.nowMs - value.touchedMs) / 1_000));
    }),
    3,
    "r",
    2,
    2,
    1,
  ],
  refcount: [about(referenceCount), 3, "r", 2, 2, 1],
  freq: [
    about((value, { server }) => {
      if (server.countsAccesses) {
        return countNow(value, idleMinutes(value, server.nowMs), server.config);
      }
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
};
