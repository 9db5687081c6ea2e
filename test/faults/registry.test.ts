/** What holds for every fault of the registry, so that a new one needs only its own file. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import {
  describeFault,
  describeLift,
  drawSchedule,
  type Fault,
  faultKind,
  faultWordNames,
  type FaultWordName,
  faultWords,
  findFaultKind,
} from "../../src/sim/faults/index.ts";
import { redis } from "../../src/blocks/index.ts";
import { withBlocks } from "../../src/world/block-faults.ts";
import type { HostPlan } from "../../src/world/plan.ts";
import { faultSource } from "../../src/world/fault-sources.ts";

const hosts = ["redis-1", "redis-2", "redis-3", "worker-1", "worker-2"];
const names = faultWordNames as readonly FaultWordName[];

/** Each host runs a block that can suffer in ways of its own. */
const plans = hosts.map((name) => {
  const program = { ...redis(), kind: "block" as const };
  return { name, programs: [{ program, argv: [] }] } as unknown as HostPlan;
});

function drawn(name: FaultWordName, options = {}): Fault[] {
  const source = withBlocks(faultSource(name, hosts, hosts, options), plans);
  return Array.from({ length: 40 }, (_, seed) => {
    return drawSchedule([source], hosts, 60_000_000_000, Prng.root(seed));
  }).flat();
}

describe.each(names)("w.%s", (name) => {
  it("draws faults that are plain data, valid, and of its own kinds", () => {
    const kinds = new Set<string>();
    const targets = new Set<string>();
    for (const fault of drawn(name)) {
      expect(JSON.parse(JSON.stringify(fault))).toEqual(fault);
      expect(faultKind(fault.kind).isValid(fault.params)).toBe(true);
      kinds.add(fault.kind);
      for (const host of fault.targets) targets.add(host);
    }
    expect([...kinds].sort()).toEqual(faultWords[name].kinds.map((kind) => kind.name).sort());
    expect([...targets].sort()).toEqual(hosts);
  });

  it("tells them, and their ends, in one line each", () => {
    for (const fault of drawn(name)) {
      const begins = describeFault(fault);
      expect(begins).toMatch(/^\S.*\S$/);
      const ends = faultKind(fault.kind).instant === true ? begins : describeLift(fault);
      expect(ends).toMatch(/^\S.*\S$/);
      expect(begins + ends).not.toMatch(/undefined|NaN|\[object|\n/);
    }
  });

  it("makes them lighter in a finite number of steps, to faults that are valid", () => {
    for (const fault of drawn(name).slice(0, 40)) {
      let lightest = fault;
      for (let steps = 0; ; steps++) {
        const { lighter, isValid } = faultKind(lightest.kind);
        const all = lighter(lightest);
        for (const one of all) {
          expect(isValid(one.params)).toBe(true);
          expect(one).not.toEqual(lightest);
          expect(describeFault(one)).not.toMatch(/undefined|NaN/);
        }
        const [next] = all;
        if (!next) break;
        lightest = next;
        expect(steps).toBeLessThan(60);
      }
    }
  });

  it("accepts the options of its example, and refuses others by name", () => {
    expect(drawn(name, faultWords[name].example).length).toBeGreaterThan(0);
    expect(() => faultSource(name, hosts, hosts, { often: true } as never)).toThrow(
      /no option "often"/,
    );
  });
});

describe("faults at certain times", () => {
  const source = (word: FaultWordName, options: object) =>
    faultSource(word, hosts, hosts, options as never);

  it("are in every run, and the seed draws what else they are", () => {
    for (let seed = 0; seed < 20; seed++) {
      const schedule = drawSchedule(
        [source("crash", { at: ["9s", "3s", "70s"], lasts: "1s" })],
        hosts,
        60_000_000_000,
        Prng.root(seed),
      );
      expect(schedule.map(({ startNs }) => startNs / 1e9)).toEqual([3, 9]);
    }
  });

  it("change no other fault", () => {
    const pause = source("pause", {});
    const drawn = (sources: ReturnType<typeof source>[]) =>
      drawSchedule(sources, hosts, 60_000_000_000, Prng.root(5)).filter(
        ({ kind }) => kind === "pause",
      );
    const beside = drawn([pause, source("crash", { every: "1s..2s" })]);
    expect(beside.length).toBeGreaterThan(0);
    expect(drawn([pause, source("crash", { at: "1s" })])).toEqual(beside);
  });

  it("are refused beside every, or if they are no times", () => {
    expect(() => source("crash", { at: "1s", every: "1s" })).toThrow(/at and every/);
    expect(() => source("crash", { at: "soon" })).toThrow(/"soon" is not a duration/);
    expect(() => source("crash", { at: [] })).toThrow(/empty list/);
  });
});

describe("a schedule from a file", () => {
  it("is refused if a parameter is of another kind", () => {
    for (const name of names) {
      for (const { kind, params } of drawn(name).slice(0, 20)) {
        for (const parameter of Object.keys(params)) {
          // Names of hosts and numbers are data; an object is none of either.
          const wrong = { ...params, [parameter]: { not: "this" } };
          expect(findFaultKind(kind)?.isValid(wrong)).toBe(false);
        }
      }
    }
  });
});
