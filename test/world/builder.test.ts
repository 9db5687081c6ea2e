/** What a world may say, and the one clear message for each thing that it may not. */
import { describe, expect, it } from "vitest";
import { LightconeError } from "../../src/base/errors.ts";
import { mutex } from "../../src/check/index.ts";
import { PlanBuilder, world } from "../../src/world/builder.ts";
import type { Plan } from "../../src/world/plan.ts";
import type { WorldBuilder } from "../../src/world/types.ts";

function plan(describe: (w: WorldBuilder) => void): Plan {
  const builder = new PlanBuilder("a test");
  world("a test", describe).describe(builder);
  return builder.finish();
}

describe("a description", () => {
  it("becomes a plan: hosts by name, programs, links, faults, checks, times", () => {
    const described = plan((w) => {
      const stores = w.hosts("redis", 2, { name: "redis", entry: "file:///r.js", argv: ["--x"] });
      w.host("api", "./server.ts", { argv: ["1"], env: (host) => ({ NAME: host }) });
      w.hosts("worker", 2, () => {}, { restart: "1s" });
      w.link({ latency: "1ms..5ms" });
      w.link(stores, "api", { loss: 0.1 });
      w.faults(w.crash(stores, { how: "process", lasts: "1s..2s" }), w.partition());
      w.check(mutex());
      w.run("60s");
    });
    expect(described.hosts.map(({ name }) => name)).toEqual([
      "redis-1",
      "redis-2",
      "api",
      "worker-1",
      "worker-2",
    ]);
    expect(described.hosts[0]).toMatchObject({
      programs: [{ argv: ["--x"], program: { kind: "block" } }],
    });
    expect(described.hosts[2]).toMatchObject({
      programs: [{ argv: ["1"], env: { NAME: "api" } }],
    });
    expect(described.hosts[4]).toMatchObject({
      index: 1,
      programs: [{ restart: { when: "always", delayNs: 1_000_000_000 } }],
    });
    expect(described.links[1]).toMatchObject({ from: ["redis-1", "redis-2"], to: ["api"] });
    expect(described.faults[0]).toMatchObject({ word: "crash", targets: ["redis-1", "redis-2"] });
    expect(described.faults[1]?.targets).toHaveLength(5);
    expect(described.durationNs).toBe(60_000_000_000);
    expect(described.calmNs).toBe(20_000_000_000);
  });
});

describe("bad input", () => {
  const cases: [string, (w: WorldBuilder) => void, RegExp][] = [
    ["no hosts", (w) => w.run("1s"), /has no hosts/],
    ["zero hosts", (w) => void w.hosts("a", 0, () => {}), /w\.hosts\("a", 0\).*from 1/],
    ["half a host", (w) => void w.hosts("a", 1.5, () => {}), /whole number/],
    ["a name that DNS does not know", (w) => void w.host("a b", () => {}), /cannot be a host/],
    ["two hosts of a name", (w) => void [w.host("a", "x"), w.host("a", "x")], /two hosts called/],
    [
      "two hosts that DNS cannot tell apart",
      (w) => void [w.host("a", "x"), w.host("A", "x")],
      /two hosts called "A"/,
    ],
    ["hosts that are not counted", (w) => void w.hosts("a", NaN, "x"), /w\.hosts\("a", NaN\)/],
    ["an unknown option of a host", (w) => void w.host("a", "x", { enb: {} } as never), /"enb"/],
    ["an env that is none", (w) => void w.host("a", "x", { env: 5 as never }), /env is 5/],
    ["an argv that is none", (w) => void w.host("a", "x", { argv: "v" as never }), /argv is "v"/],
    ["a cwd that is relative", (w) => void w.host("a", "x", { cwd: "src" }), /absolute path/],
    ["a restart that is none", (w) => void w.host("a", "x", { restart: NaN }), /NaN is not a dur/],
    ["an unknown option of a run", (w) => w.run("1s", { clam: "1s" } as never), /option "clam"/],
    ["a run of no known length", (w) => w.run(Infinity), /Infinity is not a duration/],
    ["a run that is over before it starts", (w) => w.run("-1s"), /"-1s" is not a duration/],
    ["a run of years", (w) => w.run("99999h"), /99999h is too long: at most 104 days/],
    ["a range of three", (w) => w.link({ latency: "1s..2s..3s" }), /not a range from one/],
    ["options that are none", (w) => void [w.host("a", "x"), w.crash("a", null as never)], /null/],
    ["a program that is none", (w) => void w.host("a", 7 as never), /7 is not a program/],
    [
      "an unknown host in a fault",
      (w) => void [w.host("a", "x"), w.crash("b")],
      /w\.crash: there is no host "b"/,
    ],
    [
      "an unknown host in a link",
      (w) => void [w.host("a", "x"), w.link("a", "c", {})],
      /w\.link: there is no host "c"/,
    ],
    ["faults before hosts", (w) => void w.pause(), /before any host/],
    ["a partition of one host", (w) => void [w.host("a", "x"), w.partition()], /needs two hosts/],
    [
      "an unknown option of a fault",
      (w) => void [w.host("a", "x"), w.crash("a", { by: "1s" } as never)],
      /no option "by"/,
    ],
    ["an unknown option of a link", (w) => w.link({ speed: 1 } as never), /no "speed"/],
    ["a loss above one", (w) => w.link({ loss: 2 }), /not a share/],
    ["a latency that is none", (w) => w.link({ latency: "fast" }), /"fast" is not a duration/],
    ["a range that runs backwards", (w) => w.link({ latency: "5ms..1ms" }), /longer than/],
    ["a fault that is none", (w) => w.faults({} as never), /is not a fault/],
    ["a check that is none", (w) => w.check({} as never), /is not a check/],
    ["no duration", (w) => void w.host("a", "x"), /does not say how long/],
    [
      "a calm that outlasts the run",
      (w) => void [w.host("a", "x"), w.run("1s", { calm: "2s" })],
      /calm cannot be longer/,
    ],
    [
      "versions that are a list",
      (w) => void w.host("a", "x", { versions: ["y"] as never }),
      /versions is \["y"\]/,
    ],
    [
      "a version called first",
      (w) => void w.host("a", "x", { versions: { first: "y" } }),
      /"first" cannot be the name of a version/,
    ],
    [
      "an upgrade of what has no versions",
      (w) => void [w.host("a", "x"), w.upgrade("a")],
      /the host a has no other version/,
    ],
    [
      "an upgrade to a version that is not there",
      (w) => void [w.host("a", "x", { versions: { next: "y" } }), w.upgrade("a", { to: "later" })],
      /the host a has no version "later"/,
    ],
    ["something unknown to tolerate", (w) => w.tolerate("bugs" as never), /to tolerate/],
  ];
  it.each(cases)("%s: says what is wrong", (_, describe, message) => {
    expect(() => plan(describe)).toThrow(LightconeError);
    expect(() => plan(describe)).toThrow(message);
  });

  it("a world without a name, or without a description", () => {
    expect(() => world("", () => {})).toThrow(/name must be text/);
    expect(() => world("x", undefined as never)).toThrow(/must be a function/);
  });
});
