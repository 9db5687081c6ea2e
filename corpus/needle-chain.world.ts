/**
 * A needle: a planted bug that needs a chain of three faults, each of which opens a window of two seconds for the next. A store
 * that starts again after a crash reads its snapshot for a while; a read error meanwhile makes it ask its peer for a copy;
 * and if it cannot reach the peer before the copy is complete, it starts with nothing and serves that.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { world } from "lightcone";
import { dial, serve } from "./needles/lines.ts";

const PIECES = 20;
const PIECE_MS = 100;

export default world("what was written is read", (w) => {
  const peer = w.host("peer", () => {
    let copied = 0;
    serve(7000, (line) => {
      if (line.startsWith("keep ")) copied = Number(line.slice(5));
      return String(copied);
    });
  });
  const store = w.host("store", async ({ sleep }) => {
    const toPeer = dial(peer, 7000);
    let value = await recover();
    serve(7000, async (line) => {
      if (line !== "read") {
        value = Number(line);
        writeFileSync("/snapshot", String(value));
        await toPeer(`keep ${value}`).catch(() => {});
      }
      return String(value);
    });

    async function recover(): Promise<number> {
      if (!existsSync("/snapshot")) return 0;
      try {
        // A large snapshot takes a while.
        for (let piece = 1; piece < PIECES; piece++) {
          readFileSync("/snapshot");
          await sleep(PIECE_MS);
        }
        return Number(readFileSync("/snapshot", "utf8"));
      } catch {
        try {
          for (let piece = 1; piece < PIECES; piece++) {
            await toPeer("copy");
            await sleep(PIECE_MS);
          }
          return Number(await toPeer("copy"));
        } catch {
          // The planted bug: it should refuse to start.
          return 0;
        }
      }
    }
  });
  w.host("client", async ({ op, always, sleep, random }) => {
    const toStore = dial(store, 7000);
    let written = 0;
    for (let n = 1; ; n++) {
      await sleep(random.integer(50, 300));
      const value = await op("read", "value", () => toStore("read")).catch(() => undefined);
      always("what was written is read", value === undefined || Number(value) >= written, {
        value,
        written,
      });
      const answer = await op("write", "value", n, () => toStore(String(n))).catch(() => undefined);
      if (answer !== undefined) written = n;
    }
  });
  w.link({ latency: "1ms..5ms" });
  w.faults(
    w.crash(store, { how: "process", lasts: "100ms..1s" }),
    w.diskErrors(store, { on: "read", lasts: "100ms..1s" }),
    w.partition(peer, { lasts: "1s..5s" }),
    w.latency(),
  );
  w.tolerate("uncaught");
  w.run("60s");
});
