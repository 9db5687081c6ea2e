/** A replay file is a program to run: it names no world outside of its project. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isWithinProject, replayCommand } from "../../src/explore/replay-file.ts";

const root = mkdtempSync(join(tmpdir(), "lightcone-replay-"));
const at = (...names: string[]): string => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true }));

for (const folder of ["shop/.lightcone", "shop/worlds", "other", "bare/.lightcone"]) {
  mkdirSync(at(folder), { recursive: true });
}
for (const file of ["shop/package.json", "shop/.lightcone/a.json", "bare/.lightcone/a.json"]) {
  writeFileSync(at(file), "{}");
}
for (const world of ["shop/worlds/w.ts", "other/w.ts", "shopping.ts", "bare/w.ts"]) {
  writeFileSync(at(world), "");
}
symlinkSync(at("other/w.ts"), at("shop/worlds/link.ts"));

describe("a replay file", () => {
  it.each([
    ["shop/.lightcone/a.json", "shop/worlds/w.ts", "other", true],
    ["shop/.lightcone/a.json", "shop/worlds/missing.ts", "other", true],
    ["shop/.lightcone/a.json", "other/w.ts", "shop", false],
    // A name that begins alike is no folder within.
    ["shop/.lightcone/a.json", "shopping.ts", "shop", false],
    // Links are followed.
    ["shop/.lightcone/a.json", "shop/worlds/link.ts", "shop", false],
    // What came from elsewhere may name what is worked on.
    ["other/downloaded.json", "shop/worlds/w.ts", "shop/worlds", true],
    // Without a package, the folder that holds .lightcone is the project.
    ["bare/.lightcone/a.json", "bare/w.ts", "other", true],
    ["bare/.lightcone/a.json", "shopping.ts", "bare", false],
  ])("%s may name %s, for who works in %s: %s", (file, world, directory, expected) => {
    expect(isWithinProject(at(file), at(world), at(directory))).toBe(expected);
  });

  it("is replayed by a command that names its world where the file may not", () => {
    const file = at("shop/.lightcone/a.json");
    expect(replayCommand(at("shop"), file, at("shop/worlds/w.ts"))).toBe(
      "npx lightcone replay .lightcone/a.json",
    );
    expect(replayCommand(at("shop"), file, at("other/w.ts"))).toBe(
      `npx lightcone replay .lightcone/a.json --world ${at("other/w.ts")}`,
    );
  });
});
