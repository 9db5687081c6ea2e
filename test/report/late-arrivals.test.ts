/** A request that its sender had given up arrives after all: the story says when, and what it was. */
import { expect, it } from "vitest";
import { explained } from "../../src/explore/trace-file.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import { runDescribed } from "../world/described.ts";

const MS = 1_000_000;

/**
 * A lock that does not ask who releases it. Its clients wait 300 ms for an answer; a release that comes late frees what
 * another one has taken meanwhile, once its lease of a second is over.
 */
const WORLD = `
  w.host("server", async () => {
    const net = await import("node:net");
    let endMs = 0;
    net.createServer((socket) => socket.on("error", () => {}).on("data", (data) => {
      for (const word of data.toString().trim().split("\\n")) {
        const isFree = word === "release" || Date.now() >= endMs;
        if (isFree) endMs = word === "release" ? 0 : Date.now() + 1_000;
        socket.write(isFree ? "yes\\n" : "no\\n");
      }
    })).listen(70);
  });
  w.hosts("client", 3, async ({ index, op, sleep }) => {
    const net = await import("node:net");
    const socket = net.connect(70, "server").on("error", () => {});
    const ask = (word) => new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error("no answer")), 300);
      socket.once("data", (data) => { clearTimeout(timer); data.toString() === "yes\\n" ? done() : fail(new Error("taken")); });
      socket.write(word + "\\n");
    });
    await sleep(100 + 150 * index);
    for (;;) {
      if (await op("acquire", "job", () => ask("acquire")).then(() => true, () => false)) {
        await sleep(500);
        await op("release", "job", () => ask("release")).catch(() => {});
        await sleep(5_000);
      }
      await sleep(100);
    }
  });
  w.link({ latency: "1ms" });
  w.check(mutex());
  w.run("4s", { calm: 0 });
`;

it("tells of a release that came after it had been given up, and let a second one in", async () => {
  const cut = {
    kind: "partition",
    targets: ["client-1"],
    startNs: 550 * MS,
    durationNs: 700 * MS,
    params: { from: ["client-1"], to: ["server"], both: false },
  } as unknown as Fault;
  const outcome = await runDescribed(WORLD, { schedule: [cut], trace: true });
  const [violation] = explained(outcome).violations;
  expect(violation?.check).toBe("mutex");
  const late = violation?.story.lines.filter(({ text }) => text.startsWith("receives client-1's"));
  expect(late).toEqual([
    expect.objectContaining({
      who: "server",
      text: expect.stringMatching(
        /^receives client-1's release job of 0\.60\ds, \S+ after it was sent, lost \d times: it was given up at 0\.90\ds$/,
      ),
    }),
  ]);
});
