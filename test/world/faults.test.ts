/** How faults are drawn, and what the driver makes of a schedule. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import {
  describeFault,
  describeLift,
  drawSchedule,
  endNs,
  type Fault,
  FaultDriver,
  type FaultSource,
  type LinkEffect,
} from "../../src/sim/faults/index.ts";
import { soundLink } from "../../src/sim/faults/kind.ts";
import { concernsLink, linksOf } from "../../src/sim/faults/link-sides.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { faultSource } from "../../src/world/fault-sources.ts";

const SECOND = 1_000_000_000;
const hosts = ["redis-1", "redis-2", "redis-3", "worker-1", "worker-2"];
const kinds = ["crash", "pause", "clock", "partition", "latency", "loss"] as const;
const sources: FaultSource[] = kinds.map((kind) => faultSource(kind, hosts, hosts, {}));

function draw(seed: number, from = sources, untilNs = 60 * SECOND): Fault[] {
  return drawSchedule(from, hosts, untilNs, Prng.root(seed).fork("faults"));
}

describe("a drawn schedule", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("ends before the calm, in order, with hosts that there are", () => {
    for (let seed = 0; seed < 200; seed++) {
      const schedule = draw(seed);
      expect(schedule.length).toBeGreaterThan(0);
      schedule.forEach((fault, at) => {
        expect(endNs(fault)).toBeLessThanOrEqual(60 * SECOND);
        expect(fault.durationNs).toBeGreaterThan(0);
        expect(fault.startNs).toBeGreaterThanOrEqual(schedule[at - 1]?.startNs ?? 0);
        expect(hosts).toEqual(expect.arrayContaining([...fault.targets]));
      });
    }
  });

  it("has other kinds of faults on in other runs", () => {
    const perRun = Array.from({ length: 100 }, (_, seed) => {
      return new Set(draw(seed).map(({ kind }) => kind.replace(/-.*/, "")));
    });
    for (const kind of kinds) {
      const on = perRun.filter((found) => found.has(kind)).length;
      expect(on).toBeGreaterThan(30);
      expect(on).toBeLessThan(90);
    }
  });

  it("leaves stable moments between faults of a kind", () => {
    for (let seed = 0; seed < 100; seed++) {
      for (const kind of ["pause", "partition"] as const) {
        const own = draw(seed).filter((fault) => fault.kind === kind);
        own.slice(1).forEach((fault, at) => {
          expect(fault.startNs - endNs(own[at] as Fault)).toBeGreaterThanOrEqual(50_000_000);
        });
      }
    }
  });

  it("keeps a kind's draws when another kind is added to the world", () => {
    const alone = draw(3, sources.slice(0, 1));
    const more = draw(3, sources.slice(0, 2)).filter(({ kind }) => kind === "crash");
    if (more.length > 0) expect(more).toEqual(alone);
  });

  it("can be said in words, each fault and its end", () => {
    const words = Array.from({ length: 50 }, (_, seed) => draw(seed))
      .flat()
      .flatMap((fault) => [describeFault(fault), describeLift(fault)]);
    for (const sentence of words) expect(sentence).not.toMatch(/undefined|NaN|\[object/);
  });
});

describe("a schedule that is carried out", () => {
  function carryOut(schedule: readonly Fault[], calmFromNs = 60 * SECOND) {
    const kernel = new Kernel({ seed: 1 });
    const byName = new Map(
      hosts.map((name, at) => [name, new Host(kernel, { id: at + 1, name })] as const),
    );
    const restarted: string[] = [];
    const effects = new Map<string, LinkEffect>();
    const driver = new FaultDriver(kernel, {
      host: (name) => byName.get(name) as Host,
      setLink: (from, to, effect) => effects.set(`${from} ${to}`, effect),
      restart: (host) => {
        restarted.push(`${host.name} at ${kernel.nowNs / SECOND}s`);
        host.spawn();
      },
    });
    for (const host of byName.values()) host.spawn();
    driver.start(schedule, calmFromNs);
    return { kernel, host: (name: string) => byName.get(name) as Host, restarted, effects };
  }

  function at(seconds: number, lasts: number) {
    return { startNs: seconds * SECOND, durationNs: lasts * SECOND };
  }

  it("starts a crashed host again when the last of its crashes is over", () => {
    const { kernel, host, restarted } = carryOut([
      { kind: "crash", targets: ["redis-1"], ...at(1, 5), params: { how: "machine" } },
      { kind: "crash", targets: ["redis-1"], ...at(2, 1), params: { how: "process" } },
    ]);
    kernel.run(4 * SECOND);
    expect(host("redis-1").up).toBe(false);
    expect(host("redis-1").processes.size).toBe(0);
    kernel.run(10 * SECOND);
    expect(restarted).toEqual(["redis-1 at 6s"]);
    expect(host("redis-1").up).toBe(true);
  });

  it("lets a process go on when the last of its pauses is over", () => {
    const { kernel, host } = carryOut([
      { kind: "pause", targets: ["worker-1"], ...at(1, 5), params: {} },
      { kind: "pause", targets: ["worker-1"], ...at(2, 1), params: {} },
    ]);
    const [process] = host("worker-1").processes;
    kernel.run(4 * SECOND);
    expect(process?.paused).toBe(true);
    kernel.run(6 * SECOND);
    expect(process?.paused).toBe(false);
  });

  it("blocks and slows links by all the faults that touch them, one way or both", () => {
    const cut = { from: ["redis-1"], to: ["redis-2"], both: false };
    const { kernel, effects } = carryOut([
      {
        kind: "partition",
        targets: ["redis-1"],
        ...at(1, 4),
        params: { shape: "split", ...cut },
      },
      {
        kind: "latency",
        targets: ["redis-1"],
        ...at(2, 1),
        params: { ...cut, both: true, addNs: 5 },
      },
      { kind: "loss", targets: ["redis-1"], ...at(2, 1), params: { ...cut, probability: 0.25 } },
    ]);
    kernel.run(2 * SECOND);
    expect(effects.get("redis-1 redis-2")).toMatchObject({
      blocked: true,
      addNs: 5,
      arrives: 0.75,
    });
    expect(effects.get("redis-2 redis-1")).toMatchObject({ blocked: false, addNs: 5, arrives: 1 });
    kernel.run(9 * SECOND);
    expect(effects.get("redis-1 redis-2")).toEqual(soundLink());
  });

  it("concerns the links that it names, in the directions that it names", () => {
    const names = ["a", "b", "c", "d"];
    for (const [from, to, both] of [
      [["a"], ["b", "c"], true],
      [["a", "b"], ["b", "c"], false],
      [["a"], ["a", "d"], true],
    ] as const) {
      const params = { shape: "split", from, to, both } as const;
      const fault = { kind: "partition", targets: from, ...at(1, 1), params } as const;
      const listed = new Set(linksOf(fault).map((pair) => pair.join(" ")));
      for (const one of names) {
        for (const other of names) {
          expect(concernsLink(fault, one, other)).toBe(listed.has(`${one} ${other}`));
        }
      }
    }
  });

  it("moves wall clocks and sets them right again", () => {
    const { kernel, host } = carryOut([
      { kind: "clock-step", targets: ["redis-1"], ...at(1, 4), params: { stepNs: 7 * SECOND } },
      { kind: "clock-drift", targets: ["redis-1"], ...at(2, 2), params: { ppm: 10_000 } },
    ]);
    kernel.run(3 * SECOND);
    expect(host("redis-1").clock.wallErrorNs()).toBe(7 * SECOND + SECOND / 100);
    kernel.run(9 * SECOND);
    expect(host("redis-1").clock.wallErrorNs()).toBe(0);
  });

  it("gives another fingerprint for every other fault, even where nothing notices", () => {
    const sides = { from: ["redis-1"], to: ["redis-2"], both: false };
    const schedules: Fault[][] = [
      [{ kind: "pause", targets: ["redis-1"], ...at(1, 4), params: {} }],
      [{ kind: "pause", targets: ["redis-2"], ...at(1, 4), params: {} }],
      [{ kind: "clock-step", targets: ["redis-1"], ...at(1, 4), params: { stepNs: SECOND } }],
      [{ kind: "clock-step", targets: ["redis-1"], ...at(1, 4), params: { stepNs: -SECOND } }],
      [{ kind: "loss", targets: ["redis-1"], ...at(1, 4), params: { ...sides, probability: 1 } }],
    ];
    const fingerprints = schedules.map((schedule) => {
      const { kernel } = carryOut(schedule);
      kernel.run(60 * SECOND);
      return kernel.fingerprint.digest();
    });
    expect(new Set(fingerprints).size).toBe(schedules.length);
  });

  it("has no fault in the calm, whatever the schedule says", () => {
    const { kernel, host } = carryOut(
      [
        { kind: "crash", targets: ["redis-1"], ...at(1, 50), params: { how: "machine" } },
        { kind: "pause", targets: ["worker-1"], ...at(12, 5), params: {} },
      ],
      10 * SECOND,
    );
    kernel.run(13 * SECOND);
    expect(host("redis-1").up).toBe(true);
    expect([...host("worker-1").processes][0]?.paused).toBe(false);
  });
});
