/** What a run has drawn, in a line. */
import { describe, expect, it } from "vitest";
import { drawnLine } from "../../src/report/index.ts";
import { Prng } from "../../src/base/prng.ts";
import { type DrawnWord, drawSchedule } from "../../src/sim/faults/index.ts";
import { faultSource } from "../../src/world/fault-sources.ts";

const hosts = ["a", "b", "c"];

describe("what a run has drawn", () => {
  it("is told for each word that its world allows", () => {
    const sources = [
      faultSource("crash", hosts, hosts, { every: "5s..5s", lasts: "1s..1s" }),
      faultSource("pause", hosts, hosts, { at: ["3s", "4s"] }),
      faultSource("bitRot", hosts, hosts, { every: "10s..10s" }),
    ];
    const lines = new Set<string | undefined>();
    for (let seed = 1; seed <= 20; seed++) {
      const drawn: DrawnWord[] = [];
      const onDrawn = (word: DrawnWord): void => void drawn.push(word);
      const schedule = drawSchedule(sources, hosts, 30e9, Prng.root(seed), { onDrawn });
      expect(drawn.map(({ word }) => word)).toEqual(["crash", "pause", "bitRot"]);
      const count = drawn.reduce((sum, { faults }) => sum + faults, 0);
      expect(count).toBe(schedule.length);
      lines.add(
        drawnLine(drawn)
          ?.replace(/(crash|bitRot) \d+/g, "$1 N")
          .replace(/, for [^)]*/g, ""),
      );
    }
    expect([...lines].sort()).toEqual([
      "crash N (every 5s) · pause 2 (at its times) · bitRot N (every 10s)",
      "crash N (every 5s) · pause 2 (at its times) · bitRot off",
      "crash off · pause 2 (at its times) · bitRot N (every 10s)",
      "crash off · pause 2 (at its times) · bitRot off",
    ]);
  });

  it("is nothing for a world without faults", () => {
    expect(drawnLine([])).toBeUndefined();
  });
});
