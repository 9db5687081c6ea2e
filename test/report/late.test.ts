/** Two holders of a lock: the extension that a library asks for by itself, and that is late or lost, is in the story. */
import { expect, it } from "vitest";
import { explained } from "../../src/explore/trace-file.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import { runDescribed } from "../world/described.ts";

const MS = 1_000_000;

/** A lease of a second over HTTP; whoever holds it extends it after 700 ms, without an operation of the world. */
const WORLD = `
  w.host("server", async () => {
    const http = await import("node:http");
    let [holder, endMs] = ["", 0];
    http.createServer((request, response) => {
      const who = request.url.slice(1);
      const isFree = holder === who || Date.now() >= endMs;
      if (isFree) [holder, endMs] = [who, Date.now() + 1_000];
      response.writeHead(isFree ? 200 : 409).end();
    }).listen(80);
  });
  w.hosts("client", 2, async ({ host, index, op, sleep }) => {
    const http = await import("node:http");
    const agent = new http.Agent({ keepAlive: true });
    const ask = (method, who) => new Promise((done, fail) => {
      const options = { host: "server", method, path: "/" + who, agent };
      http.request(options, (response) => {
        response.resume().on("end", () => response.statusCode === 200 ? done() : fail(new Error("taken")));
      }).on("error", fail).end();
    });
    await sleep(100 + 300 * index);
    for (;;) {
      if (!(await ask("POST", host).then(() => true, () => false))) { await sleep(100); continue; }
      await op("acquire", "job", () => {});
      for (let n = 0; n < 2; n++) {
        await sleep(700);
        await ask("PUT", host).catch(() => {});
      }
      await op("release", "job", () => {});
      await sleep(1_000);
    }
  });
  w.link({ latency: "1ms" });
  w.check(mutex());
  w.run("3s", { calm: 0 });
`;

async function toldWith(fault: Fault): Promise<string[]> {
  const outcome = await runDescribed(WORLD, { schedule: [fault], trace: true });
  const { lines } = explained(outcome).violations[0]!.story;
  return lines
    .filter(({ text }) => text.startsWith("PUT"))
    .map(({ who, text }) => `${who} ${text}`);
}

it.each([
  [
    "answered late",
    {
      kind: "latency",
      startNs: 500 * MS,
      durationNs: 2_000 * MS,
      params: { from: ["client-1"], to: ["server"], both: false, addNs: 600 * MS },
    },
    /^client-1 PUT \/client-1 to server: answered 602ms later, at 1\.4\d\ds$/,
  ],
  [
    "lost, and sent again",
    {
      kind: "partition",
      startNs: 700 * MS,
      durationNs: 800 * MS,
      params: { from: ["client-1"], to: ["server"], both: false },
    },
    /^client-1 PUT \/client-1 to server: answered \S+ later, at 1\.\d{3}s$/,
  ],
  [
    "lost for good",
    {
      kind: "partition",
      startNs: 700 * MS,
      durationNs: 2_300 * MS,
      params: { from: ["client-1"], to: ["server"], both: false },
    },
    /^client-1 PUT \/client-1 to server: never answered$/,
  ],
] as const)("is told where it was %s", async (_, fault, told) => {
  const lines = await toldWith({ targets: ["client-1"], ...fault } as unknown as Fault);
  expect(lines).toEqual([expect.stringMatching(told)]);
});
