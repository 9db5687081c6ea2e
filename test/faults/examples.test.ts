/**
 * Every word for faults has an example: a fault that takes effect, breaks a naive program and does not break a careful
 * one, and a story that is told of it. `npm run faults` makes more runs, and records the stories anew.
 */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faultWordNames } from "../../src/sim/faults/index.ts";
import {
  examplePath,
  loadExample,
  NODE,
  record,
  recordOf,
  repeat,
  runExample,
} from "./example-runs.ts";

/** As many runs as are asked for; otherwise up to 30, and eight if these have shown it all. */
const asked = process.env["LIGHTCONE_FAULT_RUNS"];
const RUNS = { runs: Number(asked ?? 30), enough: Number(asked ?? 8) };
const RECORDS = process.env["LIGHTCONE_FAULT_STORIES"] === "record";

describe.each(faultWordNames)("w.%s", (word) => {
  it("takes effect, breaks the naive program and not the careful one, and is told", async () => {
    const world = await loadExample(word);
    expect(world.plan.faults[0]?.word, "the example's first fault").toBe(word);
    const { kinds, broken, failures } = await runExample(world, RUNS);
    const idle = Object.entries(kinds).filter(([, { effective }]) => effective === 0);
    expect(idle, "drawn, and without effect in every run").toEqual([]);
    expect(failures, "the careful program").toEqual([]);
    expect(broken.length, "runs that break the naive program").toBeGreaterThan(0);
    if (RECORDS) {
      const shortest = broken.toSorted((a, b) => a.schedule.length - b.schedule.length)[0];
      const recorded = await record(world, shortest as (typeof broken)[number]);
      writeFileSync(examplePath(word, "story.json"), `${JSON.stringify(recorded, null, 2)}\n`);
    }
    const recorded = recordOf(word);
    if (!recorded) throw new Error(`no story of w.${word} is recorded: npm run faults -- --record`);
    expect(recorded.schedule.length, "faults that are left").toBeGreaterThan(0);
    const story = await repeat(world, recorded);
    if (recorded.node === NODE) expect(story).toEqual(recorded.story);
    else expect(checkOf(story)).toBe(checkOf(recorded.story));
  });
});

/** The check that a story's last line names. */
function checkOf(story: readonly string[]): string | undefined {
  return /\(([^()]*)\)$/.exec(story.at(-1) ?? "")?.[1];
}
