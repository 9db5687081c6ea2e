/** The promise of the demo: redlock as npm has it, two holders of one lock, one or two faults, replayed. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Lightcone } from "./lightcone.ts";

const lightcone = new Lightcone();
const world = join(
  fileURLToPath(new URL("../..", import.meta.url)),
  "examples/redlock/redlock.world.ts",
);

describe("redlock 4.2.0 over five Redis servers", () => {
  it("lets two workers hold the lock when a worker pauses or servers forget", async () => {
    // On a slow machine shrinking takes longer than it may by default.
    const args = ["explore", world, "--seed", "18", "--runs", "100", "--shrink-for", "1h"];
    const found = await lightcone.run(...args);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^✗ a lock is held by one worker .*, [12] after shrinking\n/);
    expect(found.stdout).toMatch(/two holders of job from [\d.]+s to [\d.]+s {2}\(mutex\)/);
    const [, file = ""] = /replay {2}npx lightcone replay (\S+)/.exec(found.stdout) ?? [];
    const again = await lightcone.run("replay", file, "--world", world);
    expect(again.stdout).toContain("the same run, to the last of");
    expect(again.code).toBe(1);
  });

  it("keeps its promise while nothing goes wrong", async () => {
    const args = ["explore", world, "--no-faults", "--seed", "1", "--runs", "10"];
    const { code, stdout } = await lightcone.run(...args);
    expect(stdout).toMatch(/^✓ a lock is held by one worker at a time {2}seeds 0x1 to 0xa/);
    expect(code).toBe(0);
  });
});
