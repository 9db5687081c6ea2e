/** The modules of a block are evaluated once for all processes: no server may notice, and no run either. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sharedModules } from "../../src/node/program/modules/shared-modules.ts";
import { runWorld } from "../../src/world/run.ts";
import { described, runDescribed } from "./described.ts";

/** Asks two servers, one after the other: what the first was told, the second must not know. */
const TWO_SERVERS = `
  const stores = w.hosts("store", 2, redis());
  w.host("client", async ({ op }) => {
    const ask = (host, lines) => new Promise((resolve, reject) => {
      const socket = connect(6379, host, () => socket.end([...lines, "QUIT", ""].join("\\r\\n")));
      let text = "";
      socket.on("data", (chunk) => (text += chunk));
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });
    const told = [
      "CONFIG SET maxmemory-policy allkeys-lfu", "ACL SETUSER eve on", "SET k v", "SCRIPT LOAD 'return 7'",
      "FUNCTION LOAD \\"#!lua name=lib\\\\nredis.register_function('f', function() return 1 end)\\"",
      "EVAL \\"math.randomseed(7) return tostring(math.random())\\" 0", "CLIENT SETNAME one",
    ];
    const asked = [
      "CONFIG GET maxmemory-policy", "ACL USERS", "GET k", "FUNCTION LIST", "EVAL 'return 7' 0", "CLIENT GETNAME",
    ];
    await op("tell", 1, () => ask("store-1", told));
    await op("ask", 1, () => ask("store-1", asked));
    await op("ask", 2, () => ask("store-2", asked));
  });
  w.run("5s");
`;

describe("the modules of a block", () => {
  it("are evaluated once, and keep what one server is told from the next", async () => {
    const first = await runDescribed(TWO_SERVERS);
    const { length } = sharedModules().paths;
    expect(length).toBeGreaterThan(100);
    const again = await runDescribed(TWO_SERVERS);
    expect(sharedModules().paths).toHaveLength(length);
    for (const { history } of [first, again]) {
      const [told, mine, others] = history.operations.map(({ output }) => String(output));
      expect(told).not.toContain("-ERR");
      expect(mine).toContain("allkeys-lfu");
      expect(mine).toContain("eve");
      expect(mine).toContain("lib");
      expect(others).toContain("noeviction");
      expect(others).not.toMatch(/allkeys-lfu|eve|lib|-ERR/);
      expect(others).toMatch(/\$-1\r\n\*0\r\n:7\r\n\$-1\r\n\+OK/);
    }
  });

  it("are the same code of a run, whichever process read them first", async () => {
    const world = await described(TWO_SERVERS);
    const [first, again] = [await runWorld(world, { seed: 3 }), await runWorld(world, { seed: 3 })];
    expect(again).toEqual(first);
    const without = await described(`w.host("one", () => setTimeout(() => {}, 10)); w.run("1s");`);
    expect((await runWorld(without, { seed: 3 })).code).not.toBe(first.code);
  });

  it("keep no state but what follows from their own text, or is kept by process", () => {
    const state: string[] = [];
    for (const folder of ["blocks/redis", "wire"]) {
      const root = fileURLToPath(new URL(`../../src/${folder}/`, import.meta.url));
      for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
        if (!name.endsWith(".ts")) continue;
        for (const line of readFileSync(join(root, name), "utf8").split("\n")) {
          const [, declared] =
            /^(?:export )?(?:let (\w+)|static (?!readonly)\w+ =)/.exec(line) ??
            /^(?:export )?const (\w+)[^=]* = (?:new (?:Weak)?(?:Map|Set)\(\)|\[\]|\{\});/.exec(
              line,
            ) ??
            [];
          if (declared !== undefined) state.push(`${name}: ${declared}`);
        }
      }
    }
    expect(state.toSorted()).toEqual([
      "command-facts.ts: known",
      "command-facts.ts: lines",
      "lua/machine.ts: standards",
      "rdb/crc64.ts: tables",
    ]);
  });
});
