/**
 * A needle: a planted bug that needs two particular faults within 200 ms of a particular message. A primary forwards
 * writes to its backup one after the other, and answers when the backup has them. For 200 ms after the message that
 * begins a checkpoint it answers at once: what waits to be forwarded is lost if the backup stands still just then
 * and the primary dies before it goes on.
 */
import { world } from "lightcone";
import { dial, serve } from "./needles/lines.ts";

const CHECKPOINT_MS = 200;

export default world("an acknowledged write is not lost", (w) => {
  const backup = w.host("backup", () => {
    const stored = new Set<string>();
    serve(7000, (line) => {
      const [word, id = ""] = line.split(" ");
      if (word === "has") return stored.has(id) ? "yes" : "no";
      if (word === "write") stored.add(id);
      return "ok";
    });
  });
  const primary = w.host("primary", async ({ sleep, random }) => {
    const toBackup = dial(backup, 7000);
    let last: Promise<unknown> = Promise.resolve();
    const forward = (line: string) => {
      const forwarded = last.then(() => toBackup(line));
      last = forwarded.catch(() => {});
      return forwarded;
    };
    let checkpointMs = -Infinity;
    serve(7000, (line) => {
      const forwarded = forward(line);
      // The planted bug: nothing may be lost while it writes the checkpoint, so why wait?
      if (performance.now() < checkpointMs + CHECKPOINT_MS) return "ok";
      return forwarded;
    });
    for (;;) {
      await sleep(random.integer(5_000, 15_000));
      checkpointMs = performance.now();
      void forward("checkpoint").catch(() => {});
    }
  });
  w.hosts("client", 2, async ({ host, op, always, sleep, random }) => {
    const toPrimary = dial(primary, 7000);
    const toBackup = dial(backup, 7000);
    for (let n = 0; ; n++) {
      await sleep(random.integer(10, 50));
      const id = `${host}.${n}`;
      const answer = await op("write", id, () => toPrimary(`write ${id}`)).catch(() => undefined);
      if (answer !== "ok") continue;
      const look = async () => {
        await sleep(15_000);
        const there = await toBackup(`has ${id}`).catch(() => undefined);
        always("an acknowledged write is there", there !== "no", { id });
      };
      void look();
    }
  });
  w.link({ latency: "1ms..5ms" });
  w.faults(w.crash(primary, { how: "process" }), w.pause(backup), w.latency());
  w.run("60s");
});
