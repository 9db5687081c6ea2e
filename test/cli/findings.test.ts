/** What campaigns find is kept: one finding for one bug, with a state, run again on demand. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Lightcone } from "./lightcone.ts";

const lightcone = new Lightcone();
const world = join(lightcone.cwd, "lock.world.ts");
const broken = readFileSync(lightcone.world("lock"), "utf8");
// Locks are held for less time than the server now waits after it has forgotten who had one.
const mended = broken.replace(
  'w.host("lock", () => {',
  'w.host("lock", async ({ sleep }) => {\n    await sleep(1_000);',
);

const explore = (...more: string[]) =>
  lightcone.run("explore", world, "--seed", "1", "--runs", "50", ...more);

async function findings(): Promise<Record<string, unknown>[]> {
  const { stdout } = await lightcone.run("findings", "--json");
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it("goes from new to ongoing, to resolved when it is mended, to regressed when it is back", async () => {
  writeFileSync(world, broken);
  expect((await lightcone.run("findings")).stdout).toMatch(/^no findings/);
  const first = await explore();
  expect(first.stdout).not.toContain("known ");
  const [found] = await findings();
  expect(found).toMatchObject({ state: "new", count: 1, check: "mutex", path: world });
  // Of the run as it was found only the shrunk one is left.
  const folder = join(lightcone.cwd, ".lightcone");
  expect(readdirSync(folder).filter((name) => name.endsWith(".json"))).toHaveLength(1);

  const second = await lightcone.run("explore", world, "--seed", "100", "--runs", "50");
  expect(second.stdout).toMatch(/^ {2}known {3}ongoing \(first found \S+, by 2 campaigns\)$/m);
  expect(await findings()).toMatchObject([{ state: "ongoing", count: 2 }]);

  writeFileSync(world, mended);
  const gone = await explore("--corpus", "--runs", "3");
  expect(gone).toMatchObject({ code: 0 });
  expect(gone.stdout).toMatch(/^corpus: 1 finding .*\n {2}resolved {3}mutex: two holders of job/);
  expect(gone.stdout).toMatch(/^✓ .*seeds 0x1 to 0x3/m);

  writeFileSync(world, broken);
  const back = await explore("--corpus");
  expect(back).toMatchObject({ code: 1 });
  expect(back.stdout).toMatch(/^ {2}known {3}regressed: it was gone, and is there again/m);
  // It was known, so no seed was tried, and nothing was shrunk.
  expect(back.stdout).toMatch(/explored 1 run /);
  expect(await findings()).toMatchObject([{ state: "regressed", count: 2 }]);
  const listed = await lightcone.run("findings");
  expect(listed.stdout).toMatch(/^regressed {2}one holder at a time\n {2}mutex: two holders/);
  const command = /npx lightcone (replay \S+)/.exec(listed.stdout)?.[1] ?? "";
  const replayed = await lightcone.run(...command.split(" "));
  expect([replayed.code, existsSync(folder)]).toEqual([1, true]);
});

it("tells of a file that is damaged, and lists the others", async () => {
  writeFileSync(join(lightcone.cwd, ".lightcone", "aaa.json"), '{ "lightconeReplay": 1, "se');
  const { code, stdout, stderr } = await lightcone.run("findings");
  expect([code, stdout.includes("mutex: two holders")]).toEqual([0, true]);
  expect(stderr).toMatch(/aaa\.json is not a replay file: it is cut off or damaged/);
  const refused = await lightcone.run("explore", world, "--corpus", "--json");
  expect(refused.code).toBe(2);
  expect(refused.stdout).toContain("--corpus does not go with --json");
});
