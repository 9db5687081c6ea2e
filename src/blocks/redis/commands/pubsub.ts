/** SUBSCRIBE, PUBLISH and PUBSUB. */
import { PushReply, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { type CommandTable, NO_REPLY, type NoReply } from "../command.ts";
import { err } from "../errors.ts";
import { globMatch } from "../glob.ts";
import { PubSub, type SubscriptionKind } from "../pubsub.ts";

function subscribe(kind: SubscriptionKind): (client: Client, args: string[]) => NoReply {
  return (client, args) => {
    // A script has no connection to push to. In MULTI, a RESP2 client could not tell pushes from
    // replies.
    if (client.denyBlocking && client.resp === 2 && client.socket !== undefined) {
      throw err(`${args[0]?.toUpperCase()} isn't allowed for a DENY BLOCKING client`);
    }
    for (const channel of args.slice(1)) client.server.pubsub.subscribe(client, kind, channel);
    return NO_REPLY;
  };
}

function unsubscribe(kind: SubscriptionKind): (client: Client, args: string[]) => NoReply {
  return (client, args) => {
    const named = args.length > 1 ? args.slice(1) : [...PubSub.of(client, kind)];
    for (const channel of named) client.server.pubsub.unsubscribe(client, kind, channel);
    if (named.length === 0) {
      const word = kind.replace("subscribe", "unsubscribe");
      client.push(new PushReply([word, null, PubSub.count(client, kind)]));
    }
    return NO_REPLY;
  };
}

function publish(client: Client, args: string[]): Reply {
  return client.server.pubsub.publish(args[1] as string, args[2] as string);
}

function spublish(client: Client, args: string[]): Reply {
  return client.server.pubsub.publishShard(args[1] as string, args[2] as string);
}

function names(table: ReadonlyMap<string, unknown>, pattern: string | undefined): Reply {
  const all = [...table.keys()];
  return pattern === undefined ? all : all.filter((name) => globMatch(pattern, name));
}

function counts(table: ReadonlyMap<string, ReadonlySet<unknown>>, args: string[]): Reply {
  return args.slice(2).flatMap((channel) => [channel, table.get(channel)?.size ?? 0]);
}

export const pubsub: CommandTable = {
  subscribe: [subscribe("subscribe"), -2, "pslt"],
  unsubscribe: [unsubscribe("subscribe"), -1, "pslt"],
  psubscribe: [subscribe("psubscribe"), -2, "pslt"],
  punsubscribe: [unsubscribe("psubscribe"), -1, "pslt"],
  ssubscribe: [subscribe("ssubscribe"), -2, "pslt", 1, -1, 1],
  sunsubscribe: [unsubscribe("ssubscribe"), -1, "pslt", 1, -1, 1],
  publish: [publish, 3, "pltFP"],
  spublish: [spublish, 3, "pltFP", 1, 1, 1],
  pubsub: [
    {
      channels: [(c, a) => names(c.server.pubsub.channels, a[2]), -2, "plt"],
      numsub: [(c, a) => counts(c.server.pubsub.channels, a), -2, "plt"],
      numpat: [(c) => c.server.pubsub.patterns.size, 2, "plt"],
      shardchannels: [(c, a) => names(c.server.pubsub.shardChannels, a[2]), -2, "plt"],
      shardnumsub: [(c, a) => counts(c.server.pubsub.shardChannels, a), -2, "plt"],
    },
    -2,
    "",
  ],
};
