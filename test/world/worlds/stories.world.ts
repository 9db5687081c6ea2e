/** One host for each kind of thing that a story has to tell; which of them happens is asked for by a key. */
import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("stories", (w) => {
  const server = w.host("server", () => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => void setTimeout(() => socket.write("yes"), 300));
    }).listen(80);
  });
  w.host("disk", async ({ sleep }) => {
    mkdirSync("/data");
    const log = openSync("/data/log", "a");
    for (const folder of ["/data", "/"]) {
      const opened = openSync(folder, "r");
      fsyncSync(opened);
      closeSync(opened);
    }
    writeSync(log, "kept");
    fsyncSync(log);
    await sleep(500);
    writeSync(log, "never synced");
    mkdirSync("/data/new");
    writeFileSync("/data/new/file", "x");
  });
  w.host("writer", async ({ op, sleep }) => {
    for (let n = 0; n < 3; n++) {
      await op("write", "x", n, () => sleep(100));
      await op("write", "y", n, () => sleep(10));
    }
  });
  w.host("reader", async ({ op, sleep, always, eventually }) => {
    await sleep(250);
    await op("read", "x", async () => 1);
    const long = "y".repeat(1_000);
    always("x is whole", false, { long });
    always("x is whole", false, "elsewhere");
    for (let n = 0; n < 20; n++) {
      await sleep(400);
      eventually("all is read", false, { read: n });
    }
  });
  w.host("asker", async ({ op, sleep }) => {
    await sleep(1_000);
    const ask = (): Promise<void> =>
      new Promise((done) => {
        const socket = createConnection(80, server, () => socket.write("?"));
        socket.on("data", () => done());
      });
    await op("ask", "server", ask);
  });
  w.host("dies", async ({ sleep }) => {
    await sleep(700);
    throw { code: "E42", message: "no error at all" };
  });
  w.host("rejects", async ({ sleep }) => {
    await sleep(800);
    void Promise.reject("a text");
  });
  w.check({ name: "only a no", judge: () => false });
  w.check({ name: "only a sentence", judge: () => "y is wrong" });
  w.check({
    name: "with operations",
    judge: ({ history: { operations } }) =>
      violated(
        "x is written twice",
        operations.filter(({ key, f, input }) => key === "x" && f === "write" && input !== 0),
      ),
  });
  w.run("6s", { calm: "2s" });
});
