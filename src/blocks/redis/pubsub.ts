/** Publish/subscribe: the clients that are subscribed to each channel or pattern. */
import { PushReply, type Reply } from "../../wire/index.ts";
import type { Client } from "./client.ts";
import { globMatch } from "./glob.ts";

/**
 * The three kinds of subscription, by the command that creates them, which is also the first word
 * of the replies.
 */
export type SubscriptionKind = "subscribe" | "psubscribe" | "ssubscribe";

export class PubSub {
  readonly channels: Map<string, Set<Client>> = new Map();
  readonly patterns: Map<string, Set<Client>> = new Map();
  readonly shardChannels: Map<string, Set<Client>> = new Map();

  #table(kind: SubscriptionKind): Map<string, Set<Client>> {
    if (kind === "subscribe") return this.channels;
    return kind === "psubscribe" ? this.patterns : this.shardChannels;
  }

  /** Returns a client's subscriptions of one kind. */
  static of(client: Client, kind: SubscriptionKind): Set<string> {
    if (kind === "subscribe") return client.channels;
    return kind === "psubscribe" ? client.patterns : client.shardChannels;
  }

  static count(client: Client, kind: SubscriptionKind): number {
    return kind === "ssubscribe" ? client.shardChannels.size : client.subscriptions;
  }

  subscribe(client: Client, kind: SubscriptionKind, channel: string): void {
    const mine = PubSub.of(client, kind);
    if (!mine.has(channel)) {
      mine.add(channel);
      const table = this.#table(kind);
      const listeners = table.get(channel);
      if (listeners) listeners.add(client);
      else table.set(channel, new Set([client]));
    }
    client.push(new PushReply([kind, channel, PubSub.count(client, kind)]));
  }

  unsubscribe(client: Client, kind: SubscriptionKind, channel: string, tell = true): void {
    if (PubSub.of(client, kind).delete(channel)) {
      const table = this.#table(kind);
      const listeners = table.get(channel);
      listeners?.delete(client);
      if (listeners?.size === 0) table.delete(channel);
    }
    if (!tell) return;
    const word = kind.replace("subscribe", "unsubscribe");
    client.push(new PushReply([word, channel, PubSub.count(client, kind)]));
  }

  /** Publishes a message. Returns the number of clients that received it. */
  publish(channel: string, message: string): number {
    let receivers = 0;
    const listeners = this.channels.get(channel);
    if (listeners) {
      const push = new PushReply(["message", channel, message]);
      for (const client of listeners) client.push(push);
      receivers += listeners.size;
    }
    for (const [pattern, clients] of this.patterns) {
      if (!globMatch(pattern, channel)) continue;
      const push = new PushReply(["pmessage", pattern, channel, message]);
      for (const client of clients) client.push(push);
      receivers += clients.size;
    }
    return receivers;
  }

  /**
   * Publishes a message to the subscribers of a shard channel. Returns the number of clients that
   * received it.
   */
  publishShard(channel: string, message: string): number {
    const listeners = this.shardChannels.get(channel);
    if (!listeners) return 0;
    const push: Reply = new PushReply(["smessage", channel, message]);
    for (const client of listeners) client.push(push);
    return listeners.size;
  }

  forget(client: Client): void {
    for (const kind of ["subscribe", "psubscribe", "ssubscribe"] as const) {
      for (const channel of Array.from(PubSub.of(client, kind))) {
        this.unsubscribe(client, kind, channel, false);
      }
    }
  }
}
