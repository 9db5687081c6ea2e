/** Schedules as text: whatever a seed draws is written and read back, and each mistake has its place. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { LightconeError } from "../../src/base/errors.ts";
import {
  drawSchedule,
  faultWordNames,
  type FaultWordName,
  formatSchedule,
  parseSchedule,
} from "../../src/sim/faults/index.ts";
import { faultSource } from "../../src/world/fault-sources.ts";

const hosts = ["redis-1", "redis-2", "redis-3", "worker-1", "worker-2"];
const names = faultWordNames as readonly FaultWordName[];

describe.each(names)("w.%s", (name) => {
  it("is written, and read as the same schedule", () => {
    const source = faultSource(name, hosts, hosts, {});
    for (let seed = 0; seed < 20; seed++) {
      const schedule = drawSchedule([source], hosts, 60_000_000_000, Prng.root(seed));
      const text = formatSchedule(schedule);
      expect(parseSchedule(text, { file: "x", hosts })).toEqual(schedule);
      // To the order of parameters, which enters the fingerprint.
      expect(JSON.stringify(parseSchedule(text, { file: "x" }))).toBe(JSON.stringify(schedule));
    }
  });
});

const read = (line: string) =>
  parseSchedule(`# one fault\n\n${line}\n`, { file: "my.faults", hosts });

function mistakeIn(line: string): string {
  try {
    read(line);
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return "no mistake";
}

describe("a schedule that somebody writes", () => {
  it("has one fault a line, with durations and words as people write them", () => {
    expect(
      read("1.5s  crash  redis-1,redis-2  for 2s  how=machine keeps=nothing  # a comment"),
    ).toEqual([
      {
        kind: "crash",
        targets: ["redis-1", "redis-2"],
        startNs: 1_500_000_000,
        durationNs: 2_000_000_000,
        params: { how: "machine", keeps: "nothing" },
      },
    ]);
    expect(
      read('2s message worker-1 for 1s nth=1 how=delay addNs=250ms when="redis.cmd=GET key"')[0]
        ?.params,
    ).toEqual({ nth: 1, how: "delay", addNs: 250_000_000, when: "redis.cmd=GET key" });
    expect(read("1s clock-step redis-1 for 1s stepNs=-1.5s")[0]?.params).toEqual({
      stepNs: -1_500_000_000,
    });
    expect(read("500ms bit-rot redis-1")[0]?.durationNs).toBe(0);
  });

  it.each([
    ["soon pause redis-1 for 1s", '3:1: "soon" is not a duration'],
    ["15 pause redis-1 for 1s", "3:1: 15 has no unit"],
    ["1s", "3:3: the kind of the fault is missing"],
    ["1s  paus  redis-1 for 1s", '3:5: there is no kind of fault "paus"'],
    ["1s pause", '3:9: the names of hosts, such as "a,b" is missing'],
    ["1s pause redis-1,redis-9 for 1s", '3:18: there is no host "redis-9"'],
    ["1s pause redis-1,,redis-2 for 1s", "3:18: a host's name is missing between two commas"],
    ["1s pause redis-1", '3:17: how long it lasts is missing: "for 2s"'],
    ["1s pause redis-1 for", "3:21: a duration is missing"],
    ["1s pause redis-1 for ever", '3:22: "ever" is not a duration'],
    ["1s crash redis-1 for 1s machine", '3:25: "machine" is no parameter: they are name=value'],
    ["1s crash redis-1 for 1s how=machine hwo=x", '3:37: crash has no parameter "hwo"'],
    ["1s crash redis-1 for 1s how=process how=machine", "3:37: how is given twice"],
    ["1s crash redis-1 for 1s how=", "3:29: how has no value"],
    ["1s crash redis-1 for 1s how=violently", "3:25: how=violently is nothing that crash can have"],
    ["1s crash redis-1 for 1s", "3:24: how= is missing"],
    ["1s clock-step redis-1 for 1s stepNs=[1", "3:37: [1 is no value"],
    ["1s clock-step redis-1 for 1s stepNs=2h3s", '3:37: "2h3s" is not a duration'],
    ['1s message redis-1 for 1s when="redis', "3:32: the quote is not closed"],
    ["1s loss redis-1 for 1s from=redis-1", "3:36: to= is missing"],
    [
      '1s loss redis-1 for 1s from=redis-1 to=["redis-2"] both=true probability=0.5',
      "3:24: from=redis-1 is nothing that loss can have",
    ],
    [
      '1s loss redis-1 for 1s from=["redis-1"] to=["redis-2"] both=true probability=5',
      "3:66: probability=5 is nothing that loss can have",
    ],
  ])("%s", (line, message) => {
    expect(mistakeIn(line)).toContain(`LC_BAD_SCHEDULE my.faults:${message}`);
  });
});
