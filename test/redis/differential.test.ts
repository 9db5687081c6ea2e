/**
 * Random commands, sent to our block and to the real server: every reply must be the same, byte for byte,
 * apart from the order of what has no order in Redis.
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
import { groupNames, normalise, randomCommand } from "./support/random-commands.ts";
import { RawClient } from "./support/raw-client.ts";

const SEEDS = 4;
const COMMANDS = 400;
/** Commands that are sent in one write. A difference shows at the end of the batch that has it. */
const BATCH = 40;

noteWithoutReference("nothing to compare with");

describe.skipIf(!haveReference)("our replies are those of redis-server", () => {
  let ours: Arm;
  let reference: Arm;

  beforeAll(async () => {
    [ours, reference] = await Promise.all([
      startOurs({ "enable-debug-command": "yes" }),
      startReference(),
    ]);
  });
  afterAll(() => Promise.all([ours.stop(), reference.stop()]));

  const cases = groupNames.flatMap((group) =>
    Array.from({ length: SEEDS }, (_, seed) => ({ group, seed, version: seed % 2 === 0 ? 2 : 3 })),
  );

  it.each(cases)("$group, seed $seed, RESP$version", async ({ group, seed, version }) => {
    const prng = Prng.root(seed).fork(group);
    const [a, b] = await Promise.all([RawClient.open(ours.port), RawClient.open(reference.port)]);
    for (const client of [a, b]) {
      await client.call("HELLO", String(version));
      await client.call("FLUSHALL");
    }
    for (let sent = 0; sent < COMMANDS; sent += BATCH) {
      const commands = Array.from({ length: BATCH }, () => randomCommand(prng, group));
      const [given, wanted] = await Promise.all([a.pipeline(commands), b.pipeline(commands)]);
      const shown = (replies: string[]) =>
        commands.map((command, at) => [command, normalise(command, replies[at] as string)]);
      expect(shown(given)).toEqual(shown(wanted));
    }
    a.close();
    b.close();
  });
});
