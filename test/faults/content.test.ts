/** Faults that wait for a message by what it says: what each end of the connection gets to know. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { PlanBuilder } from "../../src/world/builder.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;
const path = fileURLToPath(new URL("worlds/payments.world.ts", import.meta.url));
const world = loadWorld(path, {});

async function run(kind: string, params: object) {
  const fault: Fault = {
    kind,
    targets: ["naive"],
    startNs: SECOND,
    durationNs: 5 * SECOND,
    params: { ...params } as Fault["params"],
  };
  const request = { seed: 1, schedule: [fault], timeline: true };
  const outcome = await runWorld(await world, request);
  const struck = outcome.timeline?.filter(({ who, tone }) => who === "fault" && tone === "fault");
  const after = struck?.at(-1);
  const charges = (outcome.timeline ?? [])
    .filter(({ text, atNs }) => /charge "naive|charge naive/.test(text) && atNs > SECOND)
    .map(({ text }) => text.replace(/\D/g, ""));
  return { outcome, told: after?.text, first: charges[0], second: charges[1] };
}

const reset = { which: "one", at: 0, nth: 1, when: "http.method=POST" };

describe("a reset at a message", () => {
  it("before it: the other end has never heard of it", async () => {
    const { told, first, second, outcome } = await run("reset", {
      ...reset,
      ends: "both",
      point: "before",
    });
    expect(told).toBe(
      `the connection of naive-customer to naive is reset before POST /pay 6 B text ${first}`,
    );
    expect(outcome.verdict).toBe("held");
    expect(Number(second)).toBe(Number(first) + 1);
  });

  it("after it: it has been done, and nobody is told", async () => {
    const { first, second, outcome } = await run("reset", {
      ...reset,
      ends: "both",
      point: "after",
    });
    expect(outcome.verdict).toBe("violated");
    expect(second).toBe(first);
  });

  it("within it: half a message is none", async () => {
    const { first, second, outcome } = await run("reset", {
      ...reset,
      ends: "both",
      point: "within",
    });
    expect(outcome.verdict).toBe("held");
    expect(Number(second)).toBe(Number(first) + 1);
  });

  it("is the same run each time, and another one for another end that learns of it", async () => {
    const runs = await Promise.all(
      ["both", "both", "here", "there"].map((ends) =>
        run("reset", { ...reset, ends, point: "after" }),
      ),
    );
    const [one, two, here, there] = runs.map(({ outcome }) => outcome.fingerprint);
    expect(one).toBe(two);
    expect(new Set([one, here, there]).size).toBe(3);
    // Whoever is not told waits for its time to run out, and pays again all the same.
    for (const { outcome } of runs) expect(outcome.verdict).toBe("violated");
  });

  it("counts as one that mattered only if the message came", async () => {
    const tally = async (when: string) => {
      const { outcome } = await run("reset", { ...reset, ends: "both", point: "after", when });
      return outcome.coverage?.faults;
    };
    expect(await tally("http.method=POST")).toEqual([["reset", 1, 1]]);
    expect(await tally("http.method=DELETE")).toEqual([["reset", 1, 0]]);
  });
});

describe("a message that is chosen by what it says", () => {
  it("comes late, and is told with what it said", async () => {
    const { told, first, second, outcome } = await run("message", {
      ...{ nth: 2, how: "delay", addNs: 2 * SECOND, when: "http.status=200 from=naive" },
    });
    expect(told).toMatch(/^200 OK .* from naive to naive-customer comes 2s late$/);
    expect(outcome.verdict).toBe("violated");
    expect(second).not.toBe(first);
  });
});

describe("a filter of messages", () => {
  const w = new PlanBuilder("filters");
  w.hosts("store", 2, () => {});
  const when = (text: string) => () => w.reset("store-1", { when: text });

  it("is refused with what is wrong, before anything runs", () => {
    expect(when("redis.cmd=PUBLISH")).not.toThrow();
    expect(when("redis.cmd=PUBLISH (from=store-1 or !port=6379) bytes>4kb")).not.toThrow();
    expect(when("redis.command=PUBLISH")).toThrow(/there is no field "redis.command"/);
    expect(when("redis.cmd=")).toThrow(/needs a value/);
    expect(when("(redis.cmd=GET")).toThrow(/parenthesis is not closed/);
    expect(when("redis.cmd=GET after redis.cmd=SET")).toThrow(/asks for other events/);
    expect(when("bytes>much")).toThrow(/not a number/);
    expect(when("")).toThrow(/it is empty/);
    expect(() => w.crashAt("store-1", { when: "before" })).not.toThrow();
  });
});
