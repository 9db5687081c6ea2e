/**
 * Random scripts, sent to our block and to the real server: every value that Lua's and Redis's libraries
 * give a script must be the same, the order of tables and the words of every complaint included.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import {
  type Arm,
  haveReference,
  startOurs,
  startReference,
  noteWithoutReference,
} from "./support/arms.ts";
import { randomScript } from "./support/random-scripts.ts";
import { RawClient } from "./support/raw-client.ts";

const GROUPS = 10;
const SCRIPTS = 40;

/** Addresses differ, and with them the lengths of texts that hold one. */
function withoutAddresses(reply: string): string {
  return reply
    .replace(/\$[0-9]+\r\n(?=[^\r\n]*0x[0-9a-f]{6,})/g, "$N\r\n")
    .replace(/0x[0-9a-f]{6,}/g, "ADDRESS");
}

noteWithoutReference("nothing to compare with");

describe.skipIf(!haveReference)("scripts see what redis-server shows them", () => {
  let ours: Arm;
  let reference: Arm;

  // Both are fresh: `math.random` draws the same numbers from there on.
  beforeAll(async () => {
    [ours, reference] = await Promise.all([startOurs(), startReference()]);
  });
  afterAll(() => Promise.all([ours.stop(), reference.stop()]));

  it.each(Array.from({ length: GROUPS }, (_, group) => group))("group %d", async (group) => {
    const [a, b] = await Promise.all([RawClient.open(ours.port), RawClient.open(reference.port)]);
    for (let seed = group * SCRIPTS; seed < (group + 1) * SCRIPTS; seed++) {
      const script = randomScript(Prng.root(seed).fork("script"));
      const command = ["EVAL", script, "1", "key", "value"] as const;
      const [given, wanted] = await Promise.all([a.raw(...command), b.raw(...command)]);
      expect(withoutAddresses(given), script).toBe(withoutAddresses(wanted));
    }
    a.close();
    b.close();
  });
});
