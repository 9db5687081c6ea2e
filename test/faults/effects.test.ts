/**
 * The varieties of faults take effect: each breaks a program that does not reckon with it, and does not break one that
 * does. Both live in the same world; the fault concerns only one of them. What each word does when nothing else is said
 * is in `examples.test.ts`.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { FaultWordName } from "../../src/sim/faults/index.ts";
import { faultSource } from "../../src/world/fault-sources.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

/** The careful program is run this often, and the naive one until it breaks, at most so often. */
const CAREFUL_SEEDS = 3;
const NAIVE_SEEDS = 12;
const loaded = new Map<string, Promise<LoadedWorld>>();

function load(name: string): Promise<LoadedWorld> {
  const path = fileURLToPath(new URL(`worlds/${name}.world.ts`, import.meta.url));
  let world = loaded.get(name);
  if (!world) loaded.set(name, (world = loadWorld(path, {})));
  return world;
}

type Words = readonly (readonly [FaultWordName, object])[];

async function* violations(name: string, who: string, words: Words): AsyncGenerator<string[]> {
  const world = await load(name);
  const hosts = world.plan.hosts.map((host) => host.name);
  const targets = hosts.filter((host) => host.replace(/-\d+$/, "") === who);
  const faults = words.map(([word, options]) => faultSource(word, targets, hosts, options));
  for (let seed = 1; ; seed++) {
    const outcome = await runWorld({ ...world, plan: { ...world.plan, faults } }, { seed });
    yield outcome.violations.map(({ check }) => `seed ${seed}: ${check}`);
  }
}

async function allOf(name: string, words: Words): Promise<string[]> {
  const found: string[] = [];
  let runs = 0;
  for await (const more of violations(name, "careful", words)) {
    found.push(...more);
    if (++runs === CAREFUL_SEEDS) break;
  }
  return found;
}

async function firstOf(name: string, words: Words): Promise<string[]> {
  let runs = 0;
  for await (const found of violations(name, "naive", words)) {
    if (found.length > 0 || ++runs === NAIVE_SEEDS) return found;
  }
  return [];
}

const often = { every: "1s..3s" };
const powerLoss = ["crash", { ...often, how: "machine", lasts: "200ms" }] as const;

const cases: readonly [string, string, Words][] = [
  ["a power loss that keeps nothing", "files", [["crash", { ...powerLoss[1], keeps: "nothing" }]]],
  ["a power loss that keeps names", "files", [["crash", { ...powerLoss[1], keeps: "names" }]]],
  ["a power loss that keeps data", "files", [["crash", { ...powerLoss[1], keeps: "data" }]]],
  ["a power loss that keeps a prefix", "files", [["crash", { ...powerLoss[1], keeps: "prefix" }]]],
  ["a power loss that keeps something", "files", [["crash", { ...powerLoss[1], keeps: "some" }]]],
  [
    "a crash between two calls",
    "files",
    [["crashAt", { ...often, call: "write", when: "before", how: "process", down: "100ms" }]],
  ],
  [
    "a crash at a step",
    "steps",
    [["crashAt", { ...often, step: "charged", how: "process", down: "100ms" }]],
  ],
  [
    "a zone that loses power",
    "stores",
    [["crash", { ...often, how: "machine", domain: "zone", keeps: "nothing", lasts: "500ms" }]],
  ],
  [
    "a minority that is cut off",
    "stores",
    [["partition", { ...often, shape: "majority", oneWay: false }]],
  ],
  ["a quota that is used up", "files", [["diskFull", { ...often, how: "quota", lasts: "1s" }]]],
  ["failing writes", "files", [["diskErrors", { ...often, on: "write" }]]],
  ["failing reads", "files", [["diskErrors", { ...often, on: "read" }]]],
  ["failing syncs", "files", [["diskErrors", { ...often, on: "sync" }], powerLoss]],
  [
    "a message that comes late",
    "talks",
    [["message", { every: "1s..2s", how: "delay", by: "1s" }]],
  ],
  ["a datagram that arrives twice", "datagrams", [["message", { every: "1s", how: "duplicate" }]]],
  ["a host that is silent", "lies", [["byzantine", { ...often, how: "silent" }]]],
  ["a host that changes numbers", "lies", [["byzantine", { ...often, how: "change" }]]],
  [
    "a host that lies to some",
    "lies",
    [["byzantine", { ...often, how: "equivocate", probability: [0.5, 1] }]],
  ],
  ["a host that changes fields", "lies", [["byzantine", { ...often, how: "field" }]]],
  ["a host that repeats itself", "lies", [["byzantine", { ...often, how: "replay" }]]],
  ["connections that are reset", "talks", [["reset", often]]],
  [
    "a reset after a request that was heard",
    "payments",
    [["reset", { ...often, when: "http.path=/pay", point: "after" }]],
  ],
  [
    "an answer that comes late",
    "payments",
    [["message", { ...often, when: "http.status=200", how: "delay", by: "2s..3s" }]],
  ],
  [
    "an answer that is reset half-way",
    "payments",
    [["reset", { ...often, when: "http.status=200", point: "within" }]],
  ],
  ["connections that are refused", "talks", [["refuse", { ...often, lasts: "2s" }]]],
  [
    "requests that nobody answers",
    "talks",
    [["refuse", { ...often, lasts: "3s", how: "ignored" }]],
  ],
  [
    "a storm of requests that outlives its cause",
    "storm",
    [["pause", { every: "1s..3s", lasts: "1s..2s" }]],
  ],
  [
    "a partition that comes and goes",
    "talks",
    [["partition", { ...often, flaps: "100ms..300ms" }]],
  ],
  [
    "a connection that is forgotten on the way",
    "payments",
    [["reset", { ...often, ends: "neither", when: "http.method=POST", point: "after" }]],
  ],
  [
    "losses in a row",
    "readings",
    [["loss", { ...often, lasts: "5s", probability: [0.1, 0.1], burst: [20, 20] }]],
  ],
  [
    "a heavy tail of latencies",
    "talks",
    [["latency", { ...often, lasts: "5s", by: "20ms", distribution: "pareto" }]],
  ],
  [
    "latencies as they were recorded",
    "talks",
    [["latency", { ...often, lasts: "5s", trace: ["5ms", "8ms", "5ms", "6ms", "300ms"] }]],
  ],
  ["errors that TCP misses", "talks", [["scramble", { ...often, how: "undetected" }]]],
  ["errors that TCP finds", "talks", [["scramble", { ...often, how: "corrupt" }]]],
  ["a resolver that fails", "talks", [["dns", { ...often, lasts: "2s" }]]],
  ["datagrams that overtake", "datagrams", [["scramble", { ...often, how: "reorder" }]]],
  ["datagrams that are damaged", "datagrams", [["scramble", { ...often, how: "corrupt" }]]],
  ["a clock that jumps as it is read", "clocks", [["clock", { ...often, how: "step-at-read" }]]],
  ["a clock that stands still", "clocks", [["clock", { ...often, how: "freeze" }]]],
];

describe("a fault breaks the naive program and not the careful one", () => {
  it.each(cases)("%s", async (_, name, words) => {
    expect(await allOf(name, words)).toEqual([]);
    expect(await firstOf(name, words)).not.toEqual([]);
  });

  it.each([...new Set(cases.map(([, name]) => name))])("%s holds without faults", async (name) => {
    const { violations } = await runWorld(await load(name), { seed: 1, schedule: [] });
    expect(violations.map(({ check }) => check)).toEqual([]);
  });
});
