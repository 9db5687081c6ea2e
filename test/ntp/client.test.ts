/**
 * The daemon keeps its host's clock right: it learns how fast the clock runs, outvotes a server that is wrong, sets a clock
 * that is far off, and can do nothing while it reaches no server.
 */
import { describe, expect, it } from "vitest";
import { ntp, ntpClient } from "../../src/blocks/index.ts";
import { Discipline } from "../../src/blocks/ntp/discipline.ts";
import { runDescribed } from "../world/described.ts";

/** How wrong a host's clock is, in milliseconds, by the second of the run. */
async function errors(
  daemon: string,
  seconds: readonly number[],
  { drift = 100, faults = "" } = {},
): Promise<number[]> {
  const { history, violations } = await runDescribed(`
    const ntp = (options) => ({ ...${JSON.stringify(ntp())}, argv: options?.errorMs ? ["--error=" + options.errorMs] : [] });
    w.host("time", ntp());
    w.host("other", ntp());
    w.host("wrong", ntp({ errorMs: 90 }));
    w.host("box", {
      ${daemon}
      program: async ({ op, sleep, faults }) => {
        ${faults}
        const look = () => op("look", () => Date.now() - Date.UTC(2026, 0, 1));
        for (;;) {
          await look();
          await sleep("1s");
        }
      },
    }, { driftPpm: ${drift} });
    w.run("${Math.max(...seconds) + 10}s", { calm: "1s" });
  `);
  expect(violations.map(({ evidence }) => evidence.summary)).toEqual([]);
  const looks = history.operations.filter(({ f }) => f === "look");
  return seconds.map((second) => {
    const look = looks.find(({ invokeNs }) => invokeNs >= second * 1e9);
    return Number(look?.output) - (look?.invokeNs ?? 0) / 1e6;
  });
}

const daemonOf = (servers: readonly string[], pollS = 8): string =>
  `clock: ${JSON.stringify({ ...ntpClient({ servers, pollS }) })},`;

describe("a daemon that keeps a clock right", () => {
  it("learns how fast the clock runs", async () => {
    const [free] = await errors("", [100], { drift: 300 });
    expect(free).toBeGreaterThan(28);
    for (const error of await errors(daemonOf(["time"]), [60, 80, 100], { drift: 300 })) {
      expect(Math.abs(error)).toBeLessThan(2.5);
    }
  });

  it("outvotes a server that is wrong", async () => {
    const [deceived] = await errors(daemonOf(["wrong"]), [300]);
    expect(deceived).toBeGreaterThan(60);
    const [error = 0] = await errors(daemonOf(["time", "other", "wrong"]), [100]);
    expect(Math.abs(error)).toBeLessThan(2.5);
  });

  it("drifts while it reaches no server, and sets the clock right afterwards", async () => {
    const faults = `faults.partition("box", ["time", "other", "wrong"], { lasts: "200s" });`;
    const [before = 0, during = 0, after = 0] = await errors(
      daemonOf(["time", "other"]),
      [100, 195, 240],
      { drift: 1_000, faults },
    );
    expect(before).toBeGreaterThan(90);
    expect(during).toBeGreaterThan(180);
    expect(Math.abs(after)).toBeLessThan(20);
  });
});

describe("what it decides", () => {
  it("takes the fastest answer of a server, and the median of all", () => {
    const discipline = new Discipline(["a", "b", "c"], 128);
    discipline.take("a", { offsetMs: 40, delayMs: 90 });
    discipline.take("a", { offsetMs: 2, delayMs: 3 });
    discipline.take("b", { offsetMs: 3, delayMs: 3 });
    discipline.take("c", { offsetMs: -5_000, delayMs: 1 });
    expect(discipline.correct(1_000)).toEqual({ stepMs: undefined, slewMs: 2, frequencyPpm: 0 });
    expect(discipline.correct(2_000)).toBeUndefined();
  });

  it("sets a clock that is far off, and does not take that for its frequency", () => {
    const discipline = new Discipline(["a"], 128);
    discipline.take("a", { offsetMs: 1_000, delayMs: 1 });
    expect(discipline.correct(0)?.stepMs).toBe(1_000);
    discipline.take("a", { offsetMs: 1, delayMs: 1 });
    expect(discipline.correct(10_000)).toEqual({ stepMs: undefined, slewMs: 1, frequencyPpm: 0 });
    discipline.take("a", { offsetMs: 1, delayMs: 1 });
    expect(discipline.correct(20_000)?.frequencyPpm).toBeCloseTo(50);
  });
});
