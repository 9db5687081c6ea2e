/** What a machine that loses power keeps of a Redis server's data: as much as `appendfsync` promises. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as blocks from "../../src/blocks/index.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SEEDS = 4;

async function violationsOf(name: string): Promise<string[]> {
  const path = fileURLToPath(new URL(`./worlds/${name}.world.ts`, import.meta.url));
  const world = await loadWorld(path, { "lightcone/blocks": blocks });
  const found: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations, faultsBegun } = await runWorld(world, { seed });
    if (faultsBegun > 0) found.push(...violations.map(({ evidence }) => evidence.summary));
  }
  return found;
}

describe("an append-only file on a machine that loses power", () => {
  it("keeps all that was answered when every write is synced", async () => {
    expect(await violationsOf("always")).toEqual([]);
  });

  it("may lose the last second when it is synced once a second", async () => {
    const found = await violationsOf("everysec");
    expect(found.length).toBeGreaterThan(0);
    for (const summary of found) expect(summary).toMatch(/^[0-9]+ came after [0-9]+$/);
  });

  it("is the same run again for the same seed", async () => {
    const path = fileURLToPath(new URL("./worlds/everysec.world.ts", import.meta.url));
    const world = await loadWorld(path, { "lightcone/blocks": blocks });
    const first = await runWorld(world, { seed: 2 });
    await runWorld(world, { seed: 3 });
    expect((await runWorld(world, { seed: 2 })).fingerprint).toBe(first.fingerprint);
  });
});
