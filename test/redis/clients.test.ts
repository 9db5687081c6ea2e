/** Real clients and libraries do real work against the block: ioredis, node-redis, redlock, bullmq, redis-cli. */
import { spawnSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type * as BullMq from "bullmq";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { Server } from "../../src/blocks/redis/server.ts";

const require = createRequire(import.meta.url);

/** A package that belongs to an example's workspace; undefined where workspaces are not installed. */
function optional<T>(name: string): T | undefined {
  try {
    return require(name) as T;
  } catch {
    return undefined;
  }
}

describe("clients", () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = new Server();
    port = await server.listen(0, "127.0.0.1");
  });
  afterEach(() => server.close());

  it("ioredis: pipelines, transactions, binary values, scripts, subscriptions", async () => {
    const redis = new Redis(port);
    const listener = new Redis(port);
    const bytes = Buffer.from([0, 255, 13, 10]);
    await redis.set("bytes", bytes);
    expect(await redis.getBuffer("bytes")).toEqual(bytes);
    const replies = await redis.pipeline().incr("n").hset("h", { a: 1, b: 2 }).hgetall("h").exec();
    expect(replies?.map(([, reply]) => reply)).toEqual([1, 2, { a: "1", b: "2" }]);
    const results = await redis.multi().set("a", "1").get("a").exec();
    expect(results?.map(([, reply]) => reply)).toEqual(["OK", "1"]);
    redis.defineCommand("twice", {
      numberOfKeys: 1,
      lua: "return redis.call('get',KEYS[1])..ARGV[1]",
    });
    const scripted = redis as unknown as { twice(key: string, suffix: string): Promise<string> };
    expect(await scripted.twice("a", "!")).toBe("1!");
    expect(await scripted.twice("a", "?")).toBe("1?");
    const heard = new Promise((resolve) => listener.once("message", (...said) => resolve(said)));
    await listener.subscribe("news");
    expect(await redis.publish("news", "hello")).toBe(1);
    expect(await heard).toEqual(["news", "hello"]);
    const worker = redis.duplicate();
    const popped = worker.blpop("queue", 5);
    await redis.rpush("queue", "job");
    expect(await popped).toEqual(["queue", "job"]);
    for (const client of [redis, listener, worker]) client.disconnect();
  });

  it.each([2, 3] as const)("node-redis over RESP%d", async (RESP) => {
    const redis = createClient({ url: `redis://127.0.0.1:${port}`, RESP });
    await redis.connect();
    await redis.flushAll();
    await redis.set("é", "ü", { expiration: { type: "EX", value: 100 }, condition: "NX" });
    expect(await redis.get("é")).toBe("ü");
    await redis.hSet("h", { a: "1" });
    expect({ ...(await redis.hGetAll("h")) }).toEqual({ a: "1" });
    await redis.zAdd("z", [
      { score: 2, value: "two" },
      { score: 1, value: "one" },
    ]);
    expect(await redis.zRangeWithScores("z", 0, -1)).toEqual([
      { value: "one", score: 1 },
      { value: "two", score: 2 },
    ]);
    const id = await redis.xAdd("s", "*", { k: "v" });
    const read = (await redis.xRead({ key: "s", id: "0" })) as
      | { messages: { id: string }[] }[]
      | null;
    expect(read?.[0]?.messages[0]?.id).toBe(id);
    const seen: string[] = [];
    for await (const page of redis.scanIterator({ COUNT: 2 })) seen.push(...page);
    expect(seen.sort()).toEqual(["h", "s", "z", "é"]);
    const listener = redis.duplicate();
    await listener.connect();
    const heard = new Promise((resolve) => void listener.subscribe("c", resolve));
    while ((await redis.publish("c", "hi")) === 0);
    expect(await heard).toBe("hi");
    await redis.close();
    await listener.close();
  });

  const Redlock = optional<new (clients: unknown[], options?: object) => RedlockLike>("redlock");
  it.skipIf(!Redlock)(
    "redlock 4.2.0 holds a lock, refuses a second holder, extends and lets go",
    async () => {
      const [one, two] = [new Redis(port), new Redis(port)];
      const first = new (Redlock as NonNullable<typeof Redlock>)([one]);
      const second = new (Redlock as NonNullable<typeof Redlock>)([two], {
        retryCount: 1,
        retryDelay: 5,
      });
      const lock = await first.lock("resource", 5_000);
      await expect(second.lock("resource", 5_000)).rejects.toThrow("Exceeded 1 attempts");
      await (await lock.extend(9_000)).unlock();
      expect(await one.get("resource")).toBeNull();
      await (await second.lock("resource", 5_000)).unlock();
      one.disconnect();
      two.disconnect();
    },
  );

  const bullmq = optional<typeof BullMq>("bullmq");
  it.skipIf(!bullmq)("bullmq runs jobs: delays, retries, priorities, results", async () => {
    const { Queue, Worker, QueueEvents } = bullmq as typeof BullMq;
    const connection = { host: "127.0.0.1", port, maxRetriesPerRequest: null };
    const queue = new Queue("work", { connection });
    const events = new QueueEvents("work", { connection });
    await events.waitUntilReady();
    const order: string[] = [];
    let failures = 0;
    const jobs = [
      await queue.add("low", {}, { priority: 10 }),
      await queue.add("high", {}, { priority: 1 }),
      await queue.add("late", {}, { delay: 60 }),
      await queue.add("flaky", {}, { attempts: 3, backoff: 10 }),
    ];
    const worker = new Worker(
      "work",
      async (job) => {
        if (job.name === "flaky" && failures++ < 2) throw new Error("not yet");
        order.push(job.name);
        return { done: job.name };
      },
      { connection },
    );
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 20_000)));
    expect(results.map((result) => (result as { done: string }).done)).toEqual([
      "low",
      "high",
      "late",
      "flaky",
    ]);
    expect(order.indexOf("high")).toBeLessThan(order.indexOf("low"));
    expect(await queue.getJobCounts("completed", "failed", "waiting")).toEqual({
      completed: 4,
      failed: 0,
      waiting: 0,
    });
    await Promise.all([worker.close(), queue.close(), events.close()]);
  });

  const haveCli = spawnSync("redis-cli", ["--version"], { stdio: "ignore" }).status === 0;
  it.skipIf(!haveCli)("redis-cli works, in both versions of the protocol", async () => {
    const cli = (...args: string[]): Promise<string> =>
      new Promise((resolve) => {
        const child = spawn("redis-cli", ["-p", String(port), ...args]);
        let out = "";
        child.stdout.on("data", (chunk) => (out += String(chunk)));
        child.on("close", () => resolve(out));
      });
    expect(await cli("SET", "cli", "works")).toBe("OK\n");
    expect(await cli("-3", "HSET", "clih", "a", "1")).toBe("1\n");
    expect(await cli("-3", "--no-raw", "HGETALL", "clih")).toBe('1# "a" => "1"\n');
    expect(await cli("--no-raw", "GET", "cli")).toBe('"works"\n');
    expect(await cli("--scan", "--pattern", "cli*")).toMatch(/cli/);
    expect(await cli("INFO", "server")).toContain("redis_version:7.0.15");
  });
});

interface RedlockLike {
  lock(resource: string, ttlMs: number): Promise<LockLike>;
}

interface LockLike {
  extend(ttlMs: number): Promise<LockLike>;
  unlock(): Promise<void>;
}
