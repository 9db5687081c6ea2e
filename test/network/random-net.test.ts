/**
 * Random programs of `node:net` note the same on a simulated host as on real Node. A real machine that is
 * busy may be late once or twice, so it may try again before the two are said to differ.
 */
import { expect, test } from "vitest";
import { byActor, losesResets, real, simulated } from "./arms.ts";
import { randomNet } from "./random-net.ts";

const SEEDS: readonly number[] = Array.from({ length: 60 }, (_, index) => index + 1);
/** As many programs run on the real machine at a time. */
const TOGETHER = 8;
const TRIES = 4;

/** What an older libuv may not see: simulated hosts do as 1.52 and later do. */
function mayBeLost(lines: readonly string[]): boolean {
  return losesResets && lines.some((line) => line.includes("|read ECONNRESET"));
}

/** How a seed's program differs on the real machine from `actual`, if it does every time. */
async function difference(seed: number, actual: readonly string[]): Promise<string | undefined> {
  let expected: string[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    expected = byActor(await real(randomNet(seed)));
    if (expected.join("\n") === actual.join("\n")) return undefined;
  }
  if (mayBeLost(actual)) return undefined;
  const at = expected.findIndex((line, index) => line !== actual[index]);
  return `seed ${seed}: real ${expected[at]}, simulated ${actual[at]}`;
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
