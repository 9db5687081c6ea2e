/**
 * Random programs of `node:net` note the same on a simulated host as on real Node. A real machine that is
 * busy gets several tries, and those in which it was late do not count against it.
 */
import { expect, test } from "vitest";
import { byActor, losesResets, real, simulated } from "./arms.ts";
import { randomNet } from "./random-net.ts";

const SEEDS: readonly number[] = Array.from({ length: 60 }, (_, index) => index + 1);
/** As many programs run on the real machine at a time. */
const TOGETHER = 8;
const TRIES = 12;

/** What an older libuv may not see: simulated hosts do as 1.52 and later do. */
function mayBeLost(lines: readonly string[]): boolean {
  return losesResets && lines.some((line) => line.includes("|read ECONNRESET"));
}

/** A machine that was so late may have let a timer of 30 ms fire before what was to come first. */
const LATE_MS = 6;

/** Runs a program on the real machine; tells, too, whether the machine was late with a turn. */
async function attempt(seed: number): Promise<{ lines: string[]; late: boolean }> {
  let last = performance.now();
  let late = false;
  const watch = setInterval(() => {
    const now = performance.now();
    if (now - last > 2 + LATE_MS) late = true;
    last = now;
  }, 2);
  const lines = byActor(await real(randomNet(seed)));
  clearInterval(watch);
  return { lines, late };
}

/** How a seed's program differs on the real machine from `actual`, if it does every time. */
async function difference(seed: number, actual: readonly string[]): Promise<string | undefined> {
  const differing: string[] = [];
  for (let tries = 0; tries < TRIES && differing.length < 3; tries++) {
    const { lines, late } = await attempt(seed);
    const at = lines.findIndex((line, index) => line !== actual[index]);
    if (at < 0 && lines.length === actual.length) return undefined;
    if (!late) differing.push(`seed ${seed}: real ${lines[at]}, simulated ${actual[at]}`);
  }
  return mayBeLost(actual) ? undefined : differing[0];
}

test("random programs of node:net", async () => {
  // All simulations come first: they would keep the real programs' event loop busy.
  const waiting: { seed: number; lines: string[] }[] = [];
  for (const seed of SEEDS) {
    waiting.push({ seed, lines: byActor(await simulated(randomNet(seed))) });
  }
  const differences: string[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const found = await difference(next.seed, next.lines);
      if (found !== undefined) differences.push(found);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  expect(differences).toEqual([]);
});

test("a random program is the same program again", async () => {
  const once = await simulated(randomNet(7));
  expect(once.length).toBeGreaterThan(50);
  expect(await simulated(randomNet(7))).toEqual(once);
  expect(await simulated(randomNet(8))).not.toEqual(once);
});
