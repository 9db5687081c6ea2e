/** The block as a world sees it: plain data, a cheap start, and nothing that ticks while nothing happens. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { redis } from "../../src/blocks/index.ts";
import { entryUrl } from "../../src/blocks/block.ts";
import { Server } from "../../src/blocks/redis/server.ts";
import { RawClient } from "./support/raw-client.ts";

describe("the description", () => {
  it("names a program that exists, and its arguments", () => {
    const block = redis({ port: 7000, password: "pw", config: { "notify-keyspace-events": "Ex" } });
    expect(existsSync(fileURLToPath(block.entry))).toBe(true);
    expect(block.name).toBe("redis");
    expect(block.argv).toEqual([
      "--port",
      "7000",
      "--requirepass",
      "pw",
      "--notify-keyspace-events",
      "Ex",
    ]);
    expect(JSON.parse(JSON.stringify(block))).toEqual(block);
  });

  it("points beside itself, compiled or not", () => {
    expect(entryUrl("./main", "file:///x/src/blocks/redis/index.ts")).toBe(
      "file:///x/src/blocks/redis/main.ts",
    );
    expect(entryUrl("./main", "file:///x/dist/blocks/redis/index.js")).toBe(
      "file:///x/dist/blocks/redis/main.js",
    );
  });
});

describe("timers", () => {
  afterEach(() => vi.restoreAllMocks());

  it("exist only while a key is due to expire", async () => {
    const timeouts = vi.spyOn(globalThis, "setTimeout");
    const intervals = vi.spyOn(globalThis, "setInterval");
    const server = new Server();
    const port = await server.listen(0, "127.0.0.1");
    const client = await RawClient.open(port);
    await client.pipeline([
      ["SET", "a", "1"],
      ["LPUSH", "l", "x"],
      ["EVAL", "return redis.call('get','a')", "0"],
      ["MULTI"],
      ["INCR", "a"],
      ["EXEC"],
      ["SUBSCRIBE", "c"],
    ]);
    expect(timeouts).not.toHaveBeenCalled();
    const other = await RawClient.open(port);
    await other.call("SET", "dying", "1", "PX", "30000");
    expect(timeouts).toHaveBeenCalledTimes(1);
    // Keys that die later, or live again and again, share the one timer.
    for (let i = 0; i < 50; i++) await other.call("SET", "renewed", String(i), "PX", "60000");
    expect(timeouts).toHaveBeenCalledTimes(1);
    expect(intervals).not.toHaveBeenCalled();
    client.close();
    other.close();
    await server.close();
  });
});

describe("scripts that would take the server with them", () => {
  it("are stopped: a pattern without bounds", async () => {
    const server = new Server();
    const port = await server.listen(0, "127.0.0.1");
    const client = await RawClient.open(port);
    const deep = "string.rep('a',300000), string.rep('a?',300000)..'b'";
    for (const [script, words] of [[`return string.find(${deep})`, "stack overflow"]] as const) {
      expect(await client.raw("EVAL", script, "0")).toMatch(new RegExp(`^-ERR .*${words}`));
    }
    expect(await client.raw("EVAL", `return {pcall(string.find, ${deep})}`, "0")).toContain(
      "stack overflow",
    );
    // And what comes after them is as before.
    const counted = "local n=0 for _ in pairs({1,2,x=3}) do n=n+1 end return n";
    expect(await client.call("EVAL", counted, "0")).toBe(3);
    client.close();
    await server.close();
  });
});
