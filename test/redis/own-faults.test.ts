/**
 * The faults that the Redis block has of its own show to its clients as they do in life, and are over when they are lifted. An
 * operator brings them about by commands, or the server takes a rare path.
 */
import { describe, expect, it } from "vitest";
import { runDescribed } from "../world/described.ts";

/** Has one fault for five seconds of a run; what a client sees before, meanwhile and afterwards. */
async function seen(fault: string, look: string): Promise<Record<string, unknown>> {
  const { history, violations, coverage } = await runDescribed(`
    w.host("store", redis({ config: { "notify-keyspace-events": "Ex" } }), { restart: "always" });
    w.host("client", async ({ op, sleep, faults }) => {
      const { Redis } = await import(${JSON.stringify(import.meta.resolve("ioredis"))});
      const options = { host: "store", maxRetriesPerRequest: 0, enableOfflineQueue: false, enableReadyCheck: false, retryStrategy: () => 100 };
      const client = new Redis(options);
      client.on("error", () => {});
      const timed = async (run) => {
        const startMs = Date.now();
        const result = await run().catch((error) => error.message);
        return [result, Date.now() - startMs];
      };
      const look = async () => { ${look} };
      await sleep("1s");
      await client.mset(...Array.from({ length: 40 }, (_, at) => ["key" + at, "x".repeat(1000)]).flat());
      await op("before", look);
      faults.block("store", { fault: ${JSON.stringify(fault)}, lasts: "5s" });
      await sleep("1s");
      await op("meanwhile", look);
      await sleep("10s");
      await op("afterwards", look);
      setInterval(() => {}, 1_000);
    });
    w.run("40s", { calm: "5s" });
  `);
  expect(violations.map(({ evidence }) => evidence.summary)).toEqual([]);
  const counted = coverage?.faults.find(([kind]) => kind.startsWith("block"));
  expect(counted?.[2], "it took effect").toBe(1);
  return Object.fromEntries(history.operations.map(({ f, output }) => [f, output]));
}

describe("a Redis block", () => {
  it("refuses writes for want of memory", async () => {
    const all = await seen("refuse-writes", `return (await timed(() => client.set("a", "b")))[0];`);
    expect(all["before"]).toBe("OK");
    expect(all["meanwhile"]).toMatch(/^OOM command not allowed/);
    expect(all["afterwards"]).toBe("OK");
  });

  it("evicts keys that nobody has set to expire", async () => {
    const all = await seen(
      "evict",
      `await client.set("one", "more").catch(() => {}); return client.dbsize();`,
    );
    expect(all["before"]).toBe(41);
    expect(all["meanwhile"]).toBeLessThan(41);
  });

  it("lets writes wait, and reads not", async () => {
    const all = await seen(
      "pause-writes",
      `const [[, read], [, write]] = [await timed(() => client.get("a")), await timed(() => client.set("a", "b"))];
       return [read > 1_000, write > 1_000];`,
    );
    expect(all).toEqual({
      before: [false, false],
      meanwhile: [false, true],
      afterwards: [false, false],
    });
  });

  it("is busy with a script until that is killed", async () => {
    const all = await seen("busy-script", `return (await timed(() => client.get("key1")))[0];`);
    expect(all["before"]).toHaveLength(1000);
    expect(all["meanwhile"]).toMatch(/^BUSY Redis is busy running a script/);
    expect(all["afterwards"]).toHaveLength(1000);
  });

  it("closes the connections of its clients", async () => {
    const all = await seen("kill-clients", `return client.client("ID");`);
    expect(all["meanwhile"]).not.toBe(all["before"]);
    expect(all["afterwards"]).toBe(all["meanwhile"]);
  });

  it("takes long for some commands", async () => {
    const all = await seen(
      "slow-commands",
      `let slowest = 0;
       for (let at = 0; at < 200; at++) slowest = Math.max(slowest, (await timed(() => client.get("a")))[1]);
       return slowest >= 45;`,
    );
    expect(all).toMatchObject({ before: false, meanwhile: true });
  });

  it("finds expired keys late", async () => {
    const all = await seen(
      "late-expiry",
      `const other = new Redis(options);
       other.on("error", () => {});
       await sleep("100ms");
       await other.subscribe("__keyevent@0__:expired");
       const told = new Promise((resolve) => other.on("message", resolve));
       const startMs = Date.now();
       await client.set("brief", "x", "PX", 500);
       await sleep("600ms");
       const value = await client.exists("none");
       await told;
       other.disconnect();
       return Date.now() - startMs > 1_500;`,
    );
    expect(all).toEqual({ before: false, meanwhile: true, afterwards: false });
  });

  it("loads its data for a while when it has been killed", async () => {
    const all = await seen(
      "slow-load",
      `let seen = [];
       for (let at = 0; at < 60; at++) {
         seen.push(String((await timed(() => client.get("key1")))[0]).slice(0, 7));
         await sleep("100ms");
       }
       return [...new Set(seen)];`,
    );
    expect(all["before"]).toEqual(["xxxxxxx"]);
    expect(all["meanwhile"]).toContain("LOADING");
    expect(all["afterwards"]).toEqual(["null"]);
  });
});
