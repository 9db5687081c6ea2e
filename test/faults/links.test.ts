/** How links delay and lose packets: the distributions are those that were asked for. */
import { describe, expect, it } from "vitest";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { type Link, type LinkSettings, Network } from "../../src/sim/network/index.ts";
import { PlanBuilder } from "../../src/world/builder.ts";
import { WorldLinks } from "../../src/world/links.ts";

const MS = 1_000_000;
const PACKETS = 20_000;

function linkWith(settings: Partial<LinkSettings>): Link {
  const kernel = new Kernel({ seed: 3 });
  const network = new Network(kernel);
  const [a, b] = ["a", "b"].map((name, at) => new Host(kernel, { id: at + 1, name }));
  for (const host of [a, b]) network.attach(host as Host);
  const link = network.link(a as Host, b as Host);
  link.configure({ minLatencyNs: 0, maxLatencyNs: 0, ...settings });
  return link;
}

/** The delays of many packets in order of size, in milliseconds. */
function delaysMs(settings: Partial<LinkSettings>): number[] {
  const link = linkWith(settings);
  return Array.from({ length: PACKETS }, () => link.transitNs(100) / MS).sort((a, b) => a - b);
}

const share = (list: readonly number[], at: number): number =>
  list[Math.floor(list.length * at)] as number;

describe("delays", () => {
  it("are log-normal by their median and sigma", () => {
    const all = delaysMs({ delays: [{ kind: "log-normal", medianNs: 10 * MS, sigma: 0.5 }] });
    expect(share(all, 0.5)).toBeCloseTo(10, 0);
    // One standard deviation is a factor of e ** 0.5.
    expect(share(all, 0.8413) / 10).toBeCloseTo(Math.exp(0.5), 1);
    expect(share(all, 0.1587) / 10).toBeCloseTo(Math.exp(-0.5), 1);
  });

  it("have the heavy tail of Pareto's distribution", () => {
    const all = delaysMs({ delays: [{ kind: "pareto", minNs: 10 * MS, alpha: 1.5 }] });
    expect(all[0]).toBeGreaterThanOrEqual(10);
    expect(share(all, 0.5)).toBeCloseTo(10 * 2 ** (1 / 1.5), 0);
    expect(share(all, 0.99) / 215).toBeCloseTo(1, 0);
    expect(all.at(-1)).toBeGreaterThan(1_000);
  });

  it("end soon after the fault that makes them, however heavy the tail", () => {
    const endsNs = 100 * MS;
    const all = delaysMs({ delays: [{ kind: "pareto", minNs: 10 * MS, alpha: 1.5, endsNs }] });
    const typicalMs = 10 * 2 ** (1 / 1.5);
    expect(share(all, 0.5)).toBeCloseTo(typicalMs, 0);
    // A few of a hundred would take longer. They arrive together, when the link has been well for a while.
    expect(all.at(-1)).toBeCloseTo(100 + typicalMs, 3);
    expect(share(all, 0.99)).toBe(all.at(-1));
  });

  it("are those of a trace, one after another and again", () => {
    const link = linkWith({ delays: [{ kind: "trace", delaysNs: [1 * MS, 5 * MS, 2 * MS] }] });
    const seen = Array.from({ length: 7 }, () => link.transitNs(100) / MS);
    expect(seen).toEqual([1, 5, 2, 1, 5, 2, 1]);
  });

  it("are added up where several faults delay, and drawn for each", () => {
    const delays = [
      { kind: "uniform", minNs: 0, maxNs: 10 * MS },
      { kind: "uniform", minNs: 0, maxNs: 10 * MS },
    ] as const;
    const all = delaysMs({ delays });
    expect(share(all, 0.5)).toBeCloseTo(10, 0);
    expect(share(all, 0.02)).toBeLessThan(3);
    expect(all.at(-1)).toBeGreaterThan(18);
  });
});

describe("losses", () => {
  const lost = (settings: Partial<LinkSettings>): boolean[] => {
    const link = linkWith(settings);
    return Array.from({ length: PACKETS }, () => link.losesAny(1));
  };
  /** The mean length of what was lost in a row. */
  const inARow = (all: readonly boolean[]): number => {
    const starts = all.filter((one, at) => one && all[at - 1] !== true).length;
    return all.filter(Boolean).length / starts;
  };

  it("come in bursts, and the share stays what it is", () => {
    for (const lossBurst of [0, 5, 20]) {
      const all = lost({ loss: 0.1, lossBurst });
      expect(all.filter(Boolean).length / PACKETS).toBeCloseTo(0.1, 1);
      expect(inARow(all) / Math.max(1.11, lossBurst)).toBeCloseTo(1, 0);
    }
  });
});

describe("the link of a world", () => {
  const linkOf = (options: object): Link => {
    const w = new PlanBuilder("links");
    w.hosts("host", 2, () => {});
    w.link(options);
    w.run("1s");
    const { links } = w.finish();
    const kernel = new Kernel({ seed: 3 });
    const hosts = [1, 2].map((id) => new Host(kernel, { id, name: `host-${id}` }));
    return new WorldLinks(kernel, hosts, links).network.link(hosts[0] as Host, hosts[1] as Host);
  };

  it("has the distribution that was asked for, and no other latency", () => {
    const link = linkOf({ latency: { median: "8ms", sigma: 0.1 }, loss: 0.1, lossBurst: 4 });
    const all = Array.from({ length: 2_001 }, () => link.transitNs(100) / MS).sort((a, b) => a - b);
    expect(share(all, 0.5)).toBeCloseTo(8, 0);
    expect(link.meanLatencyNs()).toBe(8 * MS);
    expect(link.lossBurst).toBe(4);
    expect(linkOf({ latency: { min: "2ms" } }).meanLatencyNs()).toBeCloseTo(2.83 * MS, -5);
    expect(linkOf({ latency: { trace: ["1ms", "3ms"] } }).meanLatencyNs()).toBe(2 * MS);
  });

  it("is refused if it is none", () => {
    expect(() => linkOf({ latency: { mean: "8ms" } })).toThrow(/mean/);
    expect(() => linkOf({ latency: { trace: [] } })).toThrow(/no distribution/);
    expect(() => linkOf({ latency: { median: "8ms", sigma: -1 } })).toThrow(/sigma is -1/);
    expect(() => linkOf({ latency: { median: "8" } })).toThrow(/no unit/);
    expect(() => linkOf({ lossBurst: 0 })).toThrow(/lossBurst 0/);
  });
});
