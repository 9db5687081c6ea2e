/**
 * Random programs of `node:net` and `node:dgram` note the same on a simulated host as on real Node. A real
 * machine that is busy gets several tries, and those in which it was late do not count against it.
 */
import { expect, test } from "vitest";
import { losesResets, real, type Scenario, simulated } from "./arms.ts";
import { hasIpv6, hasRoute } from "./machine.ts";
import { byActor } from "./notes.ts";
import { randomDgram } from "./random-dgram.ts";
import { randomNet } from "./random-net.ts";

const SEEDS = 60;
/** As many programs run on the real machine at a time. */
const TOGETHER = 8;
const TRIES = 12;
/** A machine that was so late may have let a timer fire before what was to come first. */
const LATE_MS = 6;
const LOOK_MS = 2;

interface Program {
  readonly seed: number;
  readonly scenario: Scenario;
  /** What it has noted on a simulated host. */
  readonly lines: readonly string[];
}

/** Runs a program on the real machine; tells, too, whether the machine was late with a turn. */
async function attempt(scenario: Scenario): Promise<{ lines: string[]; late: boolean }> {
  let last = performance.now();
  let late = false;
  const look = (): void => {
    const now = performance.now();
    if (now - last > LOOK_MS + LATE_MS) late = true;
    last = now;
  };
  const watch = setInterval(look, LOOK_MS);
  const lines = byActor(await real(scenario));
  clearInterval(watch);
  look();
  return { lines, late };
}

/** What an older libuv may not see: simulated hosts do as 1.52 and later do. */
function mayBeLost(lines: readonly string[]): boolean {
  return losesResets && lines.some((line) => line.includes("|read ECONNRESET"));
}

/** How a program differs on the real machine, if it does every time. */
async function differenceOf(program: Program): Promise<string | undefined> {
  const { seed, lines: actual } = program;
  const differing: string[] = [];
  for (let tries = 0; tries < TRIES && differing.length < 3; tries++) {
    const { lines, late } = await attempt(program.scenario);
    const at = lines.findIndex((line, index) => line !== actual[index]);
    if (at < 0 && lines.length === actual.length) return undefined;
    if (!late) differing.push(`seed ${seed}: real ${lines[at]}, simulated ${actual[at]}`);
  }
  return mayBeLost(actual) ? undefined : differing[0];
}

async function differences(random: (seed: number) => Scenario): Promise<string[]> {
  // All simulations come first: they would keep the real programs' event loop busy.
  const waiting: Program[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const scenario = random(seed);
    waiting.push({ seed, scenario, lines: byActor(await simulated(scenario)) });
  }
  const found: string[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const difference = await differenceOf(next);
      if (difference !== undefined) found.push(difference);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  return found;
}

test.skipIf(!hasIpv6)("random programs of node:net do the same on both arms", async () => {
  expect(await differences(randomNet)).toEqual([]);
});

test.skipIf(!hasIpv6 || !hasRoute)(
  "random programs of node:dgram do the same on both arms",
  async () => {
    expect(await differences(randomDgram)).toEqual([]);
  },
);

test("a random program is the same program again", async () => {
  for (const random of [randomNet, randomDgram]) {
    const once = await simulated(random(7));
    expect(once.length).toBeGreaterThan(20);
    expect(await simulated(random(7))).toEqual(once);
    expect(await simulated(random(8))).not.toEqual(once);
  }
});
