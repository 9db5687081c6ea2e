/** redis (node-redis): RESP3, typed replies, optimistic transactions, subscriptions, iterators. */
import { createClient } from "redis";
import { serveRedis } from "./peers/redis-block.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: serveRedis,
  async client() {
    const client = await createClient({ url: `redis://${host}:${port}`, RESP: 3 }).connect();
    await client.hSet("user:1", { name: "ada", born: "1815" });
    say("hash", { ...(await client.hGetAll("user:1")) });
    await client.zAdd("board", [
      { score: 10, value: "a" },
      { score: 20, value: "b" },
    ]);
    say("board", await client.zRangeWithScores("board", 0, -1));
    say("multi", await client.multi().set("x", "1").incr("x").get("x").exec());
    const watcher = client.duplicate();
    await watcher.connect();
    await watcher.watch("x");
    await client.set("x", "changed");
    say(
      "watched",
      (
        await watcher
          .multi()
          .set("x", "mine")
          .exec()
          .catch((error) => error)
      ).name,
    );
    const subscriber = await client.duplicate().connect();
    let hear;
    const heard = new Promise((resolve) => (hear = resolve));
    await subscriber.subscribe("c", hear);
    await client.publish("c", "hello");
    say("heard", await heard);
    const keys = [];
    for await (const batch of client.scanIterator())
      keys.push(...(Array.isArray(batch) ? batch : [batch]));
    say("keys", keys.toSorted());
    for (const one of [client, watcher, subscriber]) one.destroy();
  },
});
