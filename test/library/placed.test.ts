/** A test places faults in a run by hand, at the times that it says; they are in the schedule, and the run can be repeated. */
import { expect, it } from "vitest";
import { placedBy } from "../../src/library/placed.ts";
import { described } from "../world/described.ts";
import { runWorld } from "../../src/world/run.ts";

const talks = `
  w.host("server", () => createServer((socket) => socket.pipe(socket)).listen(80));
  w.host("client", async ({ op, sleep }) => {
    for (;;) {
      await op("ask", () => new Promise((resolve, reject) => {
        const socket = connect(80, "server", () => socket.write("x"));
        socket.on("data", () => { socket.destroy(); resolve(Date.now() - Date.UTC(2026, 0, 1)); });
        socket.on("error", reject);
      })).catch(() => {});
      await sleep("100ms");
    }
  });
  w.run("10s", { calm: "2s" });
`;

it("enter the schedule as they were said, and happen", async () => {
  const placed = await placedBy(async ({ faults, sleep }) => {
    await sleep("1s");
    {
      using _cut = faults.partition("client", "server");
      await sleep("3s");
    }
    faults.crash("server", { how: "process", lasts: "1s", in: "2s" });
    faults.pause("client", { in: "1h" });
  });
  const world = await described(talks);
  const outcome = await runWorld(world, { seed: 1, placed });
  expect(outcome.schedule).toMatchObject([
    { kind: "partition", startNs: 1e9, durationNs: 3e9, placed: "(test)#1" },
    { kind: "crash", targets: ["server"], startNs: 6e9, durationNs: 1e9, placed: "(test)#2" },
  ]);
  expect(outcome.coverage?.faults).toEqual([
    ["partition", 1, 1],
    ["crash", 1, 1],
  ]);
  const { schedule } = outcome;
  const again = await runWorld(world, { seed: 1, schedule });
  expect(again.fingerprint).toBe(outcome.fingerprint);
  const without = await runWorld(world, { seed: 1 });
  expect(without.fingerprint).not.toBe(outcome.fingerprint);
});

it("are refused if they are none", async () => {
  const world = await described(talks);
  const place = (word: string, ...args: unknown[]) =>
    runWorld(world, { seed: 1, placed: [{ word, args, atNs: 0 }] });
  await expect(place("rain")).rejects.toThrow(/there is no such fault/);
  await expect(place("crash", "nobody")).rejects.toThrow(/there is no host "nobody"/);
  await expect(place("crash", "server", { after: "bytes>0" })).rejects.toThrow(/certain times/);
});
