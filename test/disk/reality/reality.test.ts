/**
 * The simulated disk promises no more than real file systems keep: random programs of file operations are run on ext4, XFS
 * and btrfs in images on loop devices, which crash after each call, and each state that is found then is one that the
 * simulated disk may be in. It needs Linux, root, loop devices and the file systems' tools: `npm run disks`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Prng } from "../../../src/base/prng.ts";
import { powerLossPolicy, powerLossWays } from "../../../src/sim/disk/index.ts";
import { kinds, RealMachine } from "./machine.ts";
import { mayBe, seenState, stateAfter } from "./model.ts";
import { drawProgram, tellCall } from "./program.ts";

const programs = Number(process.env["LIGHTCONE_DISK_PROGRAMS"] ?? 0);
const seed = Number(process.env["LIGHTCONE_DISK_SEED"] ?? 1);
const CALLS = 8;
/** How often each way of losing power draws what it keeps. */
const DRAWS = 20;

describe.runIf(programs > 0)("after a crash", () => {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-disks-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(kinds)("$name leaves what the simulated disk may leave", (kind) => {
    const machine = new RealMachine(join(folder, kind.name.replaceAll(/\W+/g, "-")), kind);
    const ways = new Map<string, number>();
    let [crashes, undecided, unexplained] = [0, 0, 0];
    const strange: string[] = [];
    for (let number = 0; number < programs; number++) {
      const prng = Prng.root(seed).fork(`program.${number}`);
      const calls = drawProgram(prng, CALLS);
      for (const [at, { seen, left }] of machine.crashes(calls).entries()) {
        const done = calls.slice(0, at + 1);
        expect(seenState(done, prng), done.map(tellCall).join("; ")).toBe(seen);
        crashes++;
        const found = powerLossWays.filter((way) =>
          Array.from({ length: DRAWS }, (_, draw) => draw).some((draw) => {
            const drawn = prng.fork(`${at}.${way}.${draw}`);
            return stateAfter(done, prng, powerLossPolicy(way, drawn, 10 ** 9)) === left;
          }),
        );
        for (const way of found) ways.set(way, (ways.get(way) ?? 0) + 1);
        if (found.length > 0) continue;
        unexplained++;
        const may = mayBe(done, left, prng);
        if (may === undefined) undecided++;
        if (may === false) strange.push(`${done.map(tellCall).join("; ")}\n  leaves ${left}`);
      }
    }
    const counts = [...ways].map(([way, count]) => `${way} ${count}`).join(", ");
    console.log(
      `${kind.name}: ${crashes} crashes, ${strange.length} that may not be; a way explains it: ${counts}; ` +
        `only a choice of operations: ${unexplained - undecided - strange.length}; undecided: ${undecided}`,
    );
    expect(strange.slice(0, 5)).toEqual([]);
  });
});
