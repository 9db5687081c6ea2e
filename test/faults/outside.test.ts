/** Stand-ins for services outside: how they answer, and how each way to fail shows at whoever asks them. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { PlanBuilder } from "../../src/world/builder.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";
import type { RunRecord } from "../../src/world/types.ts";

const SECOND = 1_000_000_000;
const path = fileURLToPath(new URL("worlds/outside.world.ts", import.meta.url));
const world = loadWorld(path, {});

/** The operations of a run: what was asked, what was answered, and how long it took in seconds. */
async function operationsOf(schedule: readonly Fault[]) {
  const loaded = await world;
  let seen: RunRecord | undefined;
  const judge = (record: RunRecord): boolean => {
    seen = record;
    return true;
  };
  const checks = [{ name: "see", judge }];
  const outcome = await runWorld(
    { ...loaded, plan: { ...loaded.plan, checks } },
    { seed: 1, schedule },
  );
  const operations = seen?.history.operations ?? [];
  return {
    outcome,
    operations: operations.map(({ f, key, outcome: end, output, error, invokeNs, completeNs }) => ({
      f,
      key: String(key),
      said: end === "ok" ? String(output) : `${end}: ${String(error)}`,
      seconds: (completeNs - invokeNs) / 1e9,
      atNs: invokeNs,
    })),
  };
}

const trouble = (how: string, more: object = {}): Fault => ({
  kind: "service",
  targets: ["api.pay.example"],
  startNs: 3 * SECOND,
  durationNs: 3 * SECOND,
  params: { how, probability: 1, byNs: 0, draw: 0, ...more },
});

/** What the charges of the shop were answered while the trouble was on. */
async function charged(fault: Fault) {
  const { operations, outcome } = await operationsOf([fault]);
  expect(outcome.coverage?.faults).toEqual([["service", 1, 1]]);
  const during = operations.filter(({ atNs }) => atNs > 3.3 * SECOND && atNs < 5.5 * SECOND);
  return {
    charges: during.filter(({ f }) => f === "charge"),
    hooks: during.filter(({ f }) => f === "hook").map(({ key }) => key),
  };
}

describe("a service outside", () => {
  it("is found by its name over HTTP and HTTPS, and is what a function or data says", async () => {
    const { operations, outcome } = await operationsOf([]);
    expect(outcome.violations).toEqual([]);
    const asked = operations.filter(({ f }) => f === "ask").map(({ said }) => said);
    expect(asked).toEqual([
      '201 {"id":1,"order":17,"test":"yes"}',
      "404 there is nothing",
      '200 {"id":7}',
      '200 {"id":1,"name":"Ada","tags":["new"]}',
      "204 ",
      '405 {"error":"PUT /users/12"}',
      '200 {"rate":1}',
      '200 {"rate":2}',
      '200 {"rate":2}',
      '404 {"error":"nothing was recorded for GET /else"}',
      '200 {"USD":1.1}',
      "true",
    ]);
    const hooks = operations.filter(({ f }) => f === "hook").map(({ key }) => key);
    expect(hooks[0]).toBe('{"charge":1}');
    expect(new Set(hooks).size).toBe(hooks.length);
  });

  it("is the same run each time", async () => {
    const fault = trouble("limited", { retryAfterS: 2 });
    const one = await runWorld(await world, { seed: 4, schedule: [fault] });
    expect((await runWorld(await world, { seed: 4, schedule: [fault] })).fingerprint).toBe(
      one.fingerprint,
    );
  });

  it("refuses by its quota or its outage, with and without Retry-After", async () => {
    const { charges } = await charged(trouble("limited", { retryAfterS: 2 }));
    expect(charges[0]?.said).toBe('429 {"error":"too many requests"}');
    const other = await charged(trouble("unavailable"));
    expect(other.charges[0]?.said).toBe('503 {"error":"service unavailable"}');
    expect(other.hooks).toEqual([]);
  });

  it("answers slowly, by half, or with another schema", async () => {
    const slow = await charged(trouble("slow", { byNs: 700_000_000 }));
    expect(slow.charges[0]?.seconds).toBeGreaterThan(0.7);
    const half = await charged(trouble("half"));
    expect(half.charges[0]?.said).toMatch(/^info: .*terminated/);
    const gone = await charged(trouble("schema", { draw: 1 }));
    expect(gone.charges[0]?.said).toMatch(/^201 \{"id":\d+\}$/);
    const renamed = await charged(trouble("schema", { draw: 3 }));
    expect(renamed.charges[0]?.said).toMatch(/^201 \{"id":\d+,"order_v2":17\}$/);
    const retyped = await charged(trouble("schema", { draw: 5 }));
    expect(retyped.charges[0]?.said).toMatch(/^201 \{"id":\d+,"order":"17"\}$/);
  });

  it("shows an expired certificate to whoever connects anew", async () => {
    const schedule = [{ ...trouble("certificate"), startNs: 0, durationNs: 500_000_000 }];
    const { operations } = await operationsOf(schedule);
    expect(operations[0]?.said).toMatch(/^info: .*fetch failed/);
    expect(operations.findLast(({ f }) => f === "charge")?.said).toMatch(/^201/);
  });

  it("delivers webhooks twice, or later than those after them", async () => {
    const { hooks } = await charged(trouble("duplicate"));
    expect(hooks.length).toBeGreaterThan(new Set(hooks).size);
    const late = await charged(trouble("reorder", { byNs: 450_000_000, probability: 0.5 }));
    const numbers = late.hooks.map((hook) => Number(/\d+/.exec(hook)?.[0]));
    expect(numbers).not.toEqual(numbers.toSorted((a, b) => a - b));
  });
});

describe("the description of a service", () => {
  const w = new PlanBuilder("outside");
  const answer = (): object => ({});

  it("is refused with what is wrong", () => {
    expect(() => w.service()).toThrow(/no services outside/);
    expect(() => w.outside("not a name", answer)).toThrow(/not the name of a host/);
    expect(() => w.outside("api.example.com", { paths: {} })).toThrow(/is no service/);
    expect(() => w.outside("api.example.com", [])).toThrow(/is no service/);
    expect(w.outside("api.example.com", answer)).toBe("api.example.com");
    expect(() => w.outside("api.example.com", answer)).toThrow(/two hosts/);
  });

  it("is no target of faults that concern hosts, unless it is named", () => {
    w.host("shop", () => {});
    expect(w.crash().targets).toEqual(["shop"]);
    expect(w.crash("api.example.com").targets).toEqual(["api.example.com"]);
    expect(w.service().targets).toEqual(["api.example.com"]);
  });
});
