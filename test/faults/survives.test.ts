/** What a world survives: the faults that a seed draws leave a healthy core, and a careful program gets by with it. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { isWithin } from "../../src/sim/faults/atlas.ts";
import {
  drawSchedule,
  type Fault,
  type FaultWordName,
  faultWordNames,
} from "../../src/sim/faults/index.ts";
import { PlanBuilder } from "../../src/world/builder.ts";
import { faultSource } from "../../src/world/fault-sources.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;
const path = fileURLToPath(new URL("worlds/stores.world.ts", import.meta.url));
const world = loadWorld(path, {});
const careful = ["careful-1", "careful-2", "careful-3"];
const majority = { units: careful.map((name) => [name]), lost: 1, disks: true };
const often = { every: "500ms..2s", lasts: "500ms..2s" };
const words = [
  ["crash", often],
  ["partition", often],
  ["die", { every: "1s..3s" }],
  ["replace", often],
  ["bitRot", { every: "500ms..2s" }],
  ["pause", often],
] as const;

async function run(seed: number, survivals: readonly (typeof majority)[]) {
  const loaded = await world;
  const hosts = loaded.plan.hosts.map(({ name }) => name);
  const faults = words.map(([word, options]) => faultSource(word, careful, hosts, options));
  const survived = { ...loaded.plan.survived, survivals };
  const outcome = await runWorld(
    { ...loaded, plan: { ...loaded.plan, faults, survived } },
    { seed },
  );
  // Partitions reach the naive system beside it, too.
  const broken = outcome.violations.filter(({ evidence }) => !evidence.summary.startsWith("naive"));
  return { schedule: outcome.schedule, broken: broken.map(({ evidence }) => evidence.summary) };
}

describe("a world that says what it survives", () => {
  it("leaves a majority of a careful system healthy, so that it holds", async () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= 6; seed++) {
      const { broken, schedule } = await run(seed, [majority]);
      expect(broken, `seed ${seed}`).toEqual([]);
      expect(isWithin(schedule, [majority])).toBe(true);
      for (const { kind } of schedule) kinds.add(kind);
    }
    expect([...kinds].sort()).toEqual(["bit-rot", "crash", "die", "partition", "pause", "replace"]);
  });

  it("is asked for more than anybody can survive without it", async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= 12 && found.length === 0; seed++) {
      found.push(...(await run(seed, [])).broken);
    }
    expect(found).not.toEqual([]);
  });
});

describe("the faults within what a world survives", () => {
  const hosts = ["a", "b", "c", "d", "e", "client"];
  const group = hosts.slice(0, 5);
  const units = group.map((name) => [name]);
  const all = (faultWordNames as readonly FaultWordName[]).filter((name) => name !== "upgrade");
  const draw = (seed: number, survival: typeof majority): Fault[] => {
    const sources = all.map((name) => faultSource(name, hosts, hosts, { every: "1s..10s" }));
    const prng = Prng.root(seed);
    return drawSchedule(sources, hosts, 60 * SECOND, prng, { survivals: [survival] });
  };

  it("are most of those that were drawn, and never more than that", () => {
    const before: number[] = [];
    const after: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const survival = { units, lost: 2, disks: true };
      const kept = draw(seed, survival);
      expect(isWithin(kept, [survival])).toBe(true);
      after.push(kept.length);
      before.push(draw(seed, { units: [], lost: 0, disks: true }).length);
    }
    const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    expect(sum(after) / sum(before)).toBeGreaterThan(0.5);
  });

  it("count a partition by the smaller side, and a ring of five as more than two", () => {
    const survival = { units, lost: 2, disks: true };
    const cut = (from: string[], to: string[], pairs?: [string, string][]): Fault => ({
      kind: "partition",
      targets: from,
      startNs: 0,
      durationNs: SECOND,
      params: { shape: "split", from, to, both: true, ...(pairs && { pairs }) },
    });
    expect(isWithin([cut(["a", "b"], ["c", "d", "e", "client"])], [survival])).toBe(true);
    expect(isWithin([cut(["a", "b", "c"], ["d", "e"])], [survival])).toBe(true);
    expect(isWithin([cut(["a"], ["b"]), cut(["c"], ["d"])], [survival])).toBe(true);
    const crash = { kind: "crash", startNs: 0, durationNs: SECOND, params: { how: "process" } };
    const three = [cut(["a", "b"], ["c", "d", "e"]), { ...crash, targets: ["c"] }];
    expect(isWithin(three, [survival])).toBe(false);
    // One that is in the smaller side anyway is not lost twice.
    const two = [cut(["a", "b"], ["c", "d", "e"]), { ...crash, targets: ["a"] }];
    expect(isWithin(two, [survival])).toBe(true);
    const far: [string, string][] = [
      ["a", "c"],
      ["a", "d"],
      ["b", "d"],
      ["b", "e"],
      ["c", "e"],
    ];
    expect(isWithin([cut(group, group, far)], [survival])).toBe(false);
    expect(isWithin([cut(["client"], group)], [{ ...survival, lost: 0 }])).toBe(true);
  });

  it("count a damaged disk for the whole run, and a machine that dies to its end", () => {
    const survival = { units, lost: 1, disks: true };
    const at = (kind: string, target: string, second: number): Fault => ({
      kind,
      targets: [target],
      startNs: second * SECOND,
      durationNs: SECOND,
      params: kind === "crash" ? { how: "process" } : {},
    });
    expect(isWithin([at("crash", "a", 1), at("crash", "b", 3)], [survival])).toBe(true);
    expect(isWithin([at("crash", "a", 1), at("bit-rot", "b", 3)], [survival])).toBe(false);
    expect(isWithin([at("crash", "b", 1), at("bit-rot", "b", 3)], [survival])).toBe(true);
    expect(isWithin([at("bit-rot", "b", 3)], [{ ...survival, disks: false }])).toBe(false);
    expect(isWithin([at("crash", "a", 1), at("die", "b", 3)], [survival])).toBe(true);
    expect(isWithin([at("die", "b", 3), at("crash", "a", 9)], [survival])).toBe(false);
  });

  it("may take a zone at once where zones are what is lost", () => {
    const zones = [
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
    ];
    const crash = (...targets: string[]): Fault => ({
      kind: "crash",
      targets,
      startNs: 0,
      durationNs: SECOND,
      params: { how: "machine" },
    });
    const survival = { units: zones, lost: 1, disks: true };
    expect(isWithin([crash("a", "b")], [survival])).toBe(true);
    expect(isWithin([crash("a", "c")], [survival])).toBe(false);
  });
});

describe("racks and zones", () => {
  const program = (): void => {};
  const zoned = (): PlanBuilder => {
    const w = new PlanBuilder("zones");
    w.hosts("store", 6, program, { zone: (_, index) => `z${index % 3}` });
    w.host("client", program);
    w.run("60s");
    return w;
  };

  it("fail as a whole where a fault says so", () => {
    const w = zoned();
    w.faults(w.crash(undefined, { domain: "zone" }), w.partition(undefined, { domain: "zone" }));
    const { faults, hosts, survived } = w.finish();
    const names = hosts.map(({ name }) => name);
    const seen = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      for (const { targets, params } of drawSchedule(
        faults,
        names,
        60 * SECOND,
        Prng.root(seed),
        survived,
      )) {
        const { from = targets, to = [] } = params as { from?: string[]; to?: string[] };
        seen.add(from.length === 2 ? from.join() : to.join());
      }
    }
    expect([...seen].sort()).toEqual(["store-1,store-4", "store-2,store-5", "store-3,store-6"]);
  });

  it("are refused where there are none", () => {
    const w = new PlanBuilder("no zones");
    w.host("store", program);
    expect(() => w.crash("store", { domain: "zone" })).toThrow(
      /none of its hosts stands in a zone/,
    );
    expect(() => w.survives("store", { of: "rack" })).toThrow(/store stands in no rack/);
    expect(() => w.survives("store", { lost: 1 })).toThrow(/nothing need be left/);
    expect(() => w.survives("nobody")).toThrow(/no host "nobody"/);
    expect(() => w.survives("store", { most: 1 } as never)).toThrow(/most/);
  });
});
