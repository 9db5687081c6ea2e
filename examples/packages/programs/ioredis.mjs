/** ioredis: pipelines, transactions, scripts, blocking pops, publish and subscribe, streams. */
import { Redis } from "ioredis";
import { serveRedis } from "./peers/redis-block.mjs";
import { host, port, roles, say } from "./roles.mjs";

await roles({
  server: serveRedis,
  async client() {
    const redis = new Redis({ host, port });
    const other = redis.duplicate();
    say("set", await redis.set("k", "v", "PX", 60_000, "NX"), await redis.set("k", "w", "NX"));
    say("pipeline", await redis.pipeline().incr("n").incrby("n", 5).get("n").exec());
    say("multi", await redis.multi().rpush("l", "a", "b").lrange("l", 0, -1).exec());
    redis.defineCommand("cad", {
      numberOfKeys: 1,
      lua: "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
    });
    say("script", await redis.cad("k", "x"), await redis.cad("k", "v"));
    const popped = other.blpop("jobs", 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await redis.lpush("jobs", "work");
    say("blpop", await popped);
    const subscriber = redis.duplicate();
    const heard = new Promise((resolve) => subscriber.on("pmessage", (...args) => resolve(args)));
    await subscriber.psubscribe("news.*");
    await redis.publish("news.today", "rain");
    say("heard", await heard);
    const id = await redis.xadd("s", "1-1", "field", "value");
    say("stream", id, await redis.xread("COUNT", 1, "STREAMS", "s", "0"));
    say("error", (await redis.lpush("n", "x").catch((error) => error)).message);
    const scanned = [];
    for await (const keys of redis.scanStream({ match: "*" })) scanned.push(...keys);
    say("scan", scanned.toSorted());
    for (const client of [redis, other, subscriber]) client.disconnect();
  },
});
