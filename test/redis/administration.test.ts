/**
 * What operators and caching clients ask of a Redis server, as stories on both arms: who may do what, what
 * changed behind a client's back, what was slow, what goes when memory is full.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arms } from "./support/arms.ts";
import { clientsOf } from "./support/clients.ts";
import type { RawClient } from "./support/raw-client.ts";

describe.each(arms)("$name", ({ start }) => {
  const open = clientsOf(start, { "enable-debug-command": "yes" });
  let redis: RawClient;

  beforeEach(async () => {
    redis = await open();
    await redis.call("FLUSHALL");
  });

  describe("client-side caching", () => {
    it("tells a client once that a key it read has changed", async () => {
      const cache = await open();
      await cache.call("HELLO", "3");
      await cache.call("CLIENT", "TRACKING", "ON");
      await redis.call("SET", "a", "1");
      await cache.call("GET", "a");
      await redis.call("SET", "a", "2");
      await redis.call("SET", "a", "3");
      expect((await cache.next())?.raw).toBe(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n");
      expect(await cache.raw("PING")).toBe("+PONG\r\n");
      await cache.call("GET", "a");
      await redis.call("FLUSHALL");
      expect((await cache.next())?.raw).toBe(">2\r\n$10\r\ninvalidate\r\n_\r\n");
    });

    it("tells of all keys under a prefix, but not of a client's own changes", async () => {
      const cache = await open();
      await cache.call("HELLO", "3");
      const mode = ["BCAST", "PREFIX", "user:", "NOLOOP"];
      expect(await cache.raw("CLIENT", "TRACKING", "ON", ...mode)).toBe("+OK\r\n");
      expect(await cache.raw("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "user:1")).toMatch(
        /^-ERR Prefix 'user:1' overlaps with an existing prefix 'user:'/,
      );
      expect(await cache.raw("SET", "user:0", "mine")).toBe("+OK\r\n");
      await redis.call("SET", "other", "x");
      await redis.call("SET", "user:1", "x");
      expect((await cache.next())?.raw).toBe(">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nuser:1\r\n");
    });

    it("sends what it has to tell to another connection", async () => {
      const listener = await open();
      const id = String(await listener.call("CLIENT", "ID"));
      await listener.call("SUBSCRIBE", "__redis__:invalidate");
      await redis.call("CLIENT", "TRACKING", "ON", "REDIRECT", id);
      await redis.call("GET", "a");
      const writer = await open();
      await writer.call("SET", "a", "1");
      expect((await listener.next())?.raw).toBe(
        "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\na\r\n",
      );
      await redis.call("CLIENT", "TRACKING", "OFF");
    });
  });

  describe("access control", () => {
    afterEach(async () => {
      const admin = await open();
      await admin.call("ACL", "DELUSER", "app");
      await admin.call("ACL", "LOG", "RESET");
    });

    it("lets a user do what the rules say, and logs what they do not", async () => {
      const rules = ["on", ">secret", "~app:*", "+@read", "+set", "&news"];
      expect(await redis.raw("ACL", "SETUSER", "app", ...rules)).toBe("+OK\r\n");
      const app = await open();
      expect(await app.raw("AUTH", "app", "wrong")).toMatch(/^-WRONGPASS/);
      expect(await app.raw("AUTH", "app", "secret")).toBe("+OK\r\n");
      expect(await app.raw("SET", "app:1", "x")).toBe("+OK\r\n");
      expect(await app.raw("SET", "b", "x")).toMatch(/^-NOPERM .*keys used as arguments/);
      expect(await app.raw("DEL", "app:1")).toMatch(/^-NOPERM .*'del' command/);
      expect(await app.raw("SUBSCRIBE", "weather")).toMatch(/^-NOPERM/);
      expect(await app.raw("EVAL", "return 1", "0")).toMatch(/^-NOPERM/);
      const log = (await redis.call("ACL", "LOG")) as string[][];
      expect(log.map((entry) => [entry[3], entry[7]])).toEqual([
        ["command", "eval"],
        ["command", "subscribe"],
        ["command", "del"],
        ["key", "b"],
        ["auth", "AUTH"],
      ]);
    });

    it("describes a user so that the same rules would make the same user", async () => {
      await redis.call(
        "ACL",
        "SETUSER",
        "app",
        "on",
        "nopass",
        "%R~in:*",
        "~out:*",
        "+@hash",
        "-hdel",
      );
      const list = (await redis.call("ACL", "LIST")) as string[];
      expect(list.find((line) => line.startsWith("user app "))).toBe(
        "user app on nopass %R~in:* ~out:* resetchannels -@all +@hash -hdel",
      );
    });
  });

  it("holds back what writes during CLIENT PAUSE, and lets reads pass", async () => {
    const writer = await open();
    await redis.call("CLIENT", "PAUSE", "100000", "WRITE");
    writer.write("SET a 1\r\n");
    expect(await redis.raw("GET", "a")).toBe("$-1\r\n");
    await redis.call("CLIENT", "UNPAUSE");
    expect((await writer.next())?.raw).toBe("+OK\r\n");
    expect(await redis.raw("GET", "a")).toBe("$1\r\n1\r\n");
  });

  it("logs slow commands without their secrets", async () => {
    await redis.call("CONFIG", "SET", "slowlog-log-slower-than", "0");
    await redis.call("SLOWLOG", "RESET");
    await redis.call("ACL", "SETUSER", "app", ">secret");
    await redis.call("SET", "a", "x".repeat(200));
    const log = (await redis.call("SLOWLOG", "GET")) as unknown[][];
    expect(log.slice(0, 2).map((entry) => entry[3])).toEqual([
      ["SET", "a", `${"x".repeat(128)}... (72 more bytes)`],
      ["ACL", "SETUSER", "(redacted)", "(redacted)"],
    ]);
    await redis.call("CONFIG", "SET", "slowlog-log-slower-than", "10000");
    await redis.call("ACL", "DELUSER", "app");
  });

  it("shows commands to MONITOR, those of a script after it", async () => {
    const monitor = await open();
    expect(await monitor.raw("MONITOR")).toBe("+OK\r\n");
    await redis.call("SELECT", "2");
    await redis.call("EVAL", "return redis.call('SET', KEYS[1], ARGV[1])", "1", "k", "a\n\xff");
    const shown = [];
    for (let line = 0; line < 3; line++) shown.push((await monitor.next())?.raw);
    const text = shown.map((line) => line?.replace(/^\+[0-9.]+ \[([0-9]+) [^\]]*\]/, "$1"));
    expect(text).toEqual([
      '2 "SELECT" "2"\r\n',
      expect.stringContaining('2 "EVAL" "return'),
      '2 "SET" "k" "a\\n\\xff"\r\n',
    ]);
    await redis.call("SELECT", "0");
  });

  it("refuses writes, or evicts, when memory is full", async () => {
    const info = String(await redis.call("INFO", "memory"));
    const used = Number(/used_memory:([0-9]+)/.exec(info)?.[1]);
    await redis.call("CONFIG", "SET", "maxmemory", String(used + 200_000));
    const value = "x".repeat(10_000);
    const fill = Array.from({ length: 60 }, (_, at) => ["SET", `k${at}`, value]);
    const refused = await redis.pipeline(fill);
    expect(refused.at(-1)).toBe("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    expect(await redis.raw("DEL", "k0")).toBe(":1\r\n");
    await redis.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    expect(new Set(await redis.pipeline(fill))).toEqual(new Set(["+OK\r\n"]));
    expect(Number(await redis.call("DBSIZE"))).toBeLessThan(40);
    await redis.call("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
  });

  it("fails EXEC only for a watched key that logically changed", async () => {
    await redis.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await redis.call("SET", "stale", "x", "PX", "1");
    await new Promise((resolve) => setTimeout(resolve, 15));
    await redis.call("WATCH", "stale");
    await redis.call("GET", "stale");
    await redis.call("MULTI");
    expect(await redis.raw("EXEC")).toBe("*0\r\n");
    await redis.call("DEBUG", "SET-ACTIVE-EXPIRE", "1");
  });
});
