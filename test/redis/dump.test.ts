/** Values pass between our block and the real server: one by one as dumps, and all at once as files. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Server } from "../../src/blocks/redis/server.ts";
import { compress, decompress } from "../../src/blocks/redis/rdb/lzf.ts";
import { crc64 } from "../../src/blocks/redis/rdb/crc64.ts";
import { type Arm, haveReference, startReference, noteWithoutReference } from "./support/arms.ts";
import { RawClient } from "./support/raw-client.ts";

const long = "a long value, long enough to be worth compressing, and compressing, and compressing";

/** A dataset with every type in every encoding. */
const dataset: string[][] = [
  ["SET", "text", long],
  ["SET", "number", "-12345"],
  ["SET", "dying", "soon", "PXAT", "99999999999999"],
  ["RPUSH", "list", "a", "300", "-70000", long, "\xff\x00"],
  ["SADD", "integers", "1", "-300", "5000000000"],
  ["SADD", "set", "a", "b", long],
  ["HSET", "hash", "f", "1", "g", "x"],
  ["HSET", "table", "f", long.repeat(2)],
  ["ZADD", "zset", "1", "a", "2.5", "b", "-inf", "c"],
  ["ZADD", "skiplist", "3.25", long],
  ["XADD", "stream", "1-1", "f", "v", "g", "w"],
  ["XADD", "stream", "2-1", "f", "v2", "g", "w2"],
  ["XADD", "stream", "3-0", "other", "field"],
  ["XDEL", "stream", "2-1"],
  ["XGROUP", "CREATE", "stream", "readers", "0"],
  ["XREADGROUP", "GROUP", "readers", "alice", "COUNT", "1", "STREAMS", "stream", ">"],
  ["PFADD", "sketch", "a", "b", "c"],
  ["GEOADD", "places", "13.361389", "38.115556", "Palermo"],
];

const keys = [...new Set(dataset.map((command) => command[command[0] === "XGROUP" ? 2 : 1]))]
  .filter((key): key is string => key !== undefined && key !== "GROUP")
  .sort();

const bigList = Array.from({ length: 3_000 }, (_, at) => `element ${at}`);

async function fill(client: RawClient): Promise<void> {
  await client.pipeline(dataset);
  await client.call("RPUSH", "long-list", ...bigList);
}

async function digests(client: RawClient): Promise<unknown> {
  return client.call("DEBUG", "DIGEST-VALUE", ...keys, "long-list");
}

it("checks sums as Redis does", () => {
  const bytes = Buffer.from(crc64("123456789"), "latin1").readBigUInt64LE();
  expect(bytes.toString(16)).toBe("e9c6d914c4b8d9ca");
});

it("takes compressed text back, and tells when compressing gains nothing", () => {
  const packed = compress(long.repeat(20)) as string;
  expect(packed.length).toBeLessThan(200);
  expect(decompress(packed, long.length * 20)).toBe(long.repeat(20));
  expect(compress("no two bytes alike")).toBeUndefined();
  expect(decompress(packed, 10)).toBeUndefined();
});

describe("files", () => {
  const folders: string[] = [];
  const stops: (() => Promise<void>)[] = [];

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "lightcone-dump-"));
    folders.push(path);
    return path;
  }

  async function ours(dir: string, settings: Record<string, string> = {}): Promise<RawClient> {
    const server = new Server({ dir, "enable-debug-command": "yes", ...settings });
    server.start();
    const port = await server.listen(0, "127.0.0.1");
    stops.push(() => server.close());
    return RawClient.open(port);
  }

  async function theirs(dir: string, settings: Record<string, string> = {}): Promise<RawClient> {
    const arm: Arm = await startReference({ dir, ...settings });
    stops.push(() => arm.stop());
    return RawClient.open(arm.port);
  }

  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()));
    for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it("give a server started anew what was saved", async () => {
    const dir = folder();
    const first = await ours(dir);
    await fill(first);
    expect(await first.raw("SAVE")).toBe("+OK\r\n");
    const before = await digests(first);
    const second = await ours(dir);
    expect(await digests(second)).toEqual(before);
    expect(await second.call("PEXPIRETIME", "dying")).toBe(99_999_999_999_999);
  });

  it("give a server started anew what was appended, in whichever way it was changed", async () => {
    const dir = folder();
    const first = await ours(dir, { appendonly: "yes", appendfsync: "always" });
    await fill(first);
    await first.pipeline([
      ["EXPIRE", "text", "1000"],
      ["INCRBYFLOAT", "number", "0.5"],
      ["SPOP", "set", "1"],
      ["MULTI"],
      ["SET", "a", "1"],
      ["INCR", "a"],
      ["EXEC"],
      ["SELECT", "3"],
      ["SET", "elsewhere", "yes"],
      ["SELECT", "0"],
      ["XADD", "stream", "*", "f", "v"],
      ["EVAL", "redis.call('set', KEYS[1], 'x'); redis.call('append', KEYS[1], 'y')", "1", "s"],
    ]);
    // What crashed instead of stopping has no chance to write anything more.
    const copy = folder();
    cpSync(dir, copy, { recursive: true });
    const second = await ours(copy, { appendonly: "yes" });
    expect(await second.call("DEBUG", "DIGEST")).toEqual(await first.call("DEBUG", "DIGEST"));
    expect(await second.call("XINFO", "GROUPS", "stream")).toEqual(
      await first.call("XINFO", "GROUPS", "stream"),
    );
  });

  it("end at the last whole command when the disk lost the rest", async () => {
    const dir = folder();
    const first = await ours(dir, { appendonly: "yes", appendfsync: "always" });
    await first.pipeline([
      ["SET", "a", "1"],
      ["SET", "b", "2"],
    ]);
    const { readdirSync, statSync, truncateSync } = await import("node:fs");
    const copy = folder();
    cpSync(dir, copy, { recursive: true });
    const files = join(copy, "appendonlydir");
    const increment = readdirSync(files).find((name) => name.endsWith(".incr.aof")) as string;
    truncateSync(join(files, increment), statSync(join(files, increment)).size - 3);
    const second = await ours(copy, { appendonly: "yes" });
    expect(await second.call("MGET", "a", "b")).toEqual(["1", null]);
    expect(() =>
      new Server({ dir: copy, appendonly: "yes", "aof-load-truncated": "no" }).start(),
    ).not.toThrow();
  });

  noteWithoutReference("nothing to exchange files with");

  it.skipIf(!haveReference)("pass between our block and redis-server, both ways", async () => {
    for (const settings of [{}, { appendonly: "yes", appendfsync: "always" }]) {
      const dir = folder();
      const a = await ours(dir, settings);
      await fill(a);
      if (!("appendonly" in settings)) await a.call("SAVE");
      const copy = folder();
      cpSync(dir, copy, { recursive: true });
      const b = await theirs(copy, settings);
      expect(await digests(b)).toEqual(await digests(a));
      if (!("appendonly" in settings)) await b.call("SAVE");
      const again = folder();
      cpSync(copy, again, { recursive: true });
      const c = await ours(again, settings);
      expect(await digests(c)).toEqual(await digests(a));
    }
  });

  it.skipIf(!haveReference)(
    "dumps pass between our block and redis-server, both ways",
    async () => {
      const [a, b] = await Promise.all([ours(folder()), theirs(folder())]);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        await Promise.all([from.call("FLUSHALL"), to.call("FLUSHALL")]);
        await fill(from);
        for (const key of [...keys, "long-list"]) {
          const payload = (await from.call("DUMP", key)) as string;
          const ttl = (await from.call("PEXPIRETIME", key)) as number;
          const reply = await to.raw("RESTORE", key, String(Math.max(0, ttl)), payload, "ABSTTL");
          expect([key, reply]).toEqual([key, "+OK\r\n"]);
        }
        expect(await digests(to)).toEqual(await digests(from));
        expect(await to.call("XINFO", "STREAM", "stream", "FULL")).toEqual(
          await from.call("XINFO", "STREAM", "stream", "FULL"),
        );
      }
    },
  );
});
