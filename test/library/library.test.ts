/** `lightcone/explore`: a world is loaded, explored, run again, shrunk and replayed by functions. */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ended, Lightcone } from "../cli/lightcone.ts";

type Library = typeof import("../../src/library/index.ts");

const lightcone = new Lightcone();
const library = lightcone.module("library/index.js");
const { cause, explore, load, replay, run, shrink } = (await import(library)) as Library;

describe("the library", () => {
  it("goes from a world to a finding, and back to it from its replay file", async () => {
    const seeds: number[] = [];
    const world = await load(lightcone.world("lock"), { jobs: 2 });
    try {
      expect(world).toMatchObject({ hosts: expect.any(Number), path: lightcone.world("lock") });
      const explored = await explore(world, {
        runs: 50,
        for: "1h",
        shrink: false,
        directory: lightcone.cwd,
        onRun: ({ seed }) => seeds.push(seed),
      });
      expect(explored).toMatchObject({ verdict: "violated", violatedRuns: 1, firstSeed: 1 });
      expect(seeds).toEqual(Array.from({ length: explored.runs }, (_, at) => 1 + at));
      const { finding } = explored;
      expect(finding?.summary).toMatch(/two holders of job/);
      expect(finding?.faults).toHaveLength(finding?.faultsBefore ?? -1);
      expect(finding?.story).toContain(finding?.replayCommand);
      expect([finding?.traceFile, finding?.pageFile].every((file) => existsSync(file ?? ""))).toBe(
        true,
      );
      const seed = finding?.seed ?? 0;
      const first = await run(world, { seed });
      const second = await run(world, { seed });
      expect(second.fingerprint).toBe(first.fingerprint);
      const shrunk = await shrink(world, first, { for: "1h" });
      expect(shrunk.outcome.schedule.length).toBeLessThan(first.schedule.length);
      expect(shrunk).toMatchObject({ minimal: true, ended: undefined });
      // A lock that is lost to a pause is lost at some moment: before it the futures differ.
      const { same, calm, runs } = await cause(world, shrunk.outcome, { for: "1h", futures: 2 });
      expect(runs).toBeGreaterThan(9);
      expect((calm ?? same).inevitableNs).toBeGreaterThan((calm ?? same).lastChanceNs ?? 0);
      const again = await replay(finding?.replayFile ?? "", { world: world.path });
      expect(again).toMatchObject({ isSame: true, isChanged: false });
      expect(again.outcome.fingerprint).toBe(first.fingerprint);
    } finally {
      world.close();
    }
  });

  it("ends when it is told to, with what it has, and refuses what it does not know", async () => {
    const world = await load(lightcone.world("lock"), { jobs: 1, faults: false });
    try {
      const controller = new AbortController();
      const explored = await explore(world, {
        runs: 1_000_000,
        for: "1h",
        signal: controller.signal,
        directory: lightcone.cwd,
        onRun: ({ seed }) => seed === 3 && controller.abort(),
      });
      expect(explored).toMatchObject({ verdict: "held", runs: 3, finding: undefined });
      await expect(explore(world, { rusn: 5 } as never)).rejects.toThrow(
        /explore\(".*lock\.world\.ts", \.\.\.\): no option "rusn"/,
      );
      await expect(explore(world, { toString: 5 } as never)).rejects.toThrow(
        /no option "toString"/,
      );
      await expect(run(world, { seed: -1 })).rejects.toThrow(/the seed is -1, not a whole number/);
      const fine = await run(world, { seed: 1 });
      await expect(shrink(world, fine)).rejects.toThrow("the run is not violated");
      await expect(load("./nowhere.world.ts")).rejects.toThrow(/test\/library\/nowhere\.world\.ts/);
    } finally {
      world.close();
    }
  });
});

describe("holds, in node:test", () => {
  it("passes while the world holds, and fails with the story", async () => {
    const file = join(lightcone.cwd, "lock.test.mjs");
    const world = JSON.stringify(lightcone.world("lock"));
    writeFileSync(
      file,
      `import test from "node:test";
import { holds } from ${JSON.stringify(library)};
test("without faults", () => holds(${world}, { runs: 3, for: "1h", faults: false, jobs: 1 }));
test("with faults", () => holds(${world}, { runs: 50, for: "1h", shrinkFor: "1h", jobs: 2 }));
`,
    );
    const env = { PATH: process.env["PATH"], LIGHTCONE_CACHE: process.env["LIGHTCONE_CACHE"] };
    const args = ["--test", "--test-reporter=tap", file];
    const { code, stdout } = await ended(
      spawn(process.execPath, args, { cwd: lightcone.cwd, env, stdio: "pipe" }),
    );
    expect(stdout).toMatch(/^ *ok 1 - without faults$/m);
    expect(stdout).toMatch(/^ *not ok 2 - with faults$/m);
    expect(stdout).toMatch(/two holders of job from/);
    expect(stdout).toMatch(/replay {2}npx lightcone replay \.lightcone\/lock-\w+\.json/);
    expect(stdout).toMatch(/report {2}\.lightcone\/lock-\w+\.html/);
    expect(code).toBe(1);
  });
});
