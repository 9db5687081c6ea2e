/** Liars that the author of a world writes, and lies about a field of a message. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { Liar, type Lie } from "../../src/sim/lies.ts";
import { PlanBuilder } from "../../src/world/builder.ts";
import { interpreter } from "../../src/world/interpreter.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const path = fileURLToPath(new URL("worlds/own-liar.world.ts", import.meta.url));
const world = loadWorld(path, {});

describe("a liar that the world has written", () => {
  it("breaks whoever believes it, and nobody else", async () => {
    const broken = new Set<string>();
    for (let seed = 1; seed <= 6; seed++) {
      const { violations } = await runWorld(await world, { seed });
      for (const { check } of violations) broken.add(check);
    }
    expect([...broken]).toEqual(["always: naive knows the balance"]);
  });

  it("is the same run each time, with the same lies", async () => {
    const { schedule, fingerprint } = await runWorld(await world, { seed: 2 });
    expect(schedule.some(({ params }) => params["lie"] === "liar-1")).toBe(true);
    expect((await runWorld(await world, { seed: 2 })).fingerprint).toBe(fingerprint);
    expect((await runWorld(await world, { seed: 2, schedule })).fingerprint).toBe(fingerprint);
    const honest = await runWorld(await world, { seed: 2, schedule: [] });
    expect(honest.fingerprint).not.toBe(fingerprint);
    expect(honest.verdict).toBe("held");
  });

  it("is refused if it is no function, and told when it throws", async () => {
    const w = new PlanBuilder("liars");
    w.hosts("bank", 2, () => {});
    expect(() => w.byzantine("bank-1", { lie: 7 } as never)).toThrow(/lie is 7, not a function/);
    const loaded = await world;
    const throws = (): never => {
      throw new Error("no idea");
    };
    const plan = { ...loaded.plan, liars: new Map([["liar-1", throws]]) };
    const params = { how: "own", probability: 1, draw: 0, lie: "liar-1" };
    const fault = { kind: "byzantine", targets: ["naive"], startNs: 0, durationNs: 1e9, params };
    const run = runWorld({ ...loaded, plan }, { seed: 1, schedule: [fault] });
    await expect(run).rejects.toThrow(/the liar of w.byzantine throws: Error: no idea/);
  });
});

describe("a lie about a field", () => {
  const lie: Lie = { how: "field", probability: 1, draw: 0 };
  const told = (text: string, more: Partial<Lie> = {}, toPort = 6379): string => {
    const liar = new Liar(Prng.root(5), interpreter(false));
    liar.lies = [{ ...lie, ...more }];
    const bytes = new TextEncoder().encode(text);
    const ends = { from: "a", to: "b", fromPort: 40_000, toPort, connection: 1 };
    const [only, ...rest] = liar.tell({
      ...ends,
      protocol: "tcp",
      opener: true,
      first: true,
      bytes,
    });
    expect(rest).toEqual([]);
    return new TextDecoder().decode(only);
  };

  it("changes what a message says, and leaves what frames it", () => {
    const request = "*3\r\n$3\r\nSET\r\n$4\r\ncart\r\n$2\r\n17\r\n";
    const answer = told(request);
    expect(answer).not.toBe(request);
    expect(answer).toMatch(/^\*3\r\n\$3\r\n[A-Z]{3}\r\n\$4\r\n[a-z]{4}\r\n\$2\r\n\d\d\r\n$/);
  });

  it("changes a certain field, if that is asked for", () => {
    const request = "GET /orders/17 HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
    const answer = told(request, { field: "host" }, 80);
    expect(answer).toMatch(
      /^GET \/orders\/17 HTTP\/1.1\r\nHost: [a-z]{4}\r\nContent-Length: 0\r\n\r\n$/,
    );
    expect(answer).not.toBe(request);
    expect(told(request, { field: "no such field" }, 80)).toBe(request);
  });

  it("leaves alone what is only a part of a message", () => {
    expect(told("*3\r\n$3\r\nSET\r\n$4\r\nca")).toBe("*3\r\n$3\r\nSET\r\n$4\r\nca");
  });
});
