/**
 * cron 1.1.1 runs a slot again when the clock is set back a little while its timer is armed (kelektiv/node-cron#180;
 * mended in 1.2.1). The machine's clock is set by NTP, in steps of less than a second.
 */
import { CronJob } from "cron";
import { world } from "lightcone";

const SLOT_MS = 4_000;

export default world("each slot runs once", (w) => {
  const box = w.host("box", ({ op, always }) => {
    const times = new Map<string, number>();
    const run = () => {
      const slot = new Date(Math.round(Date.now() / SLOT_MS) * SLOT_MS).toISOString();
      times.set(slot, (times.get(slot) ?? 0) + 1);
      void op("run", slot, () => new Date().toISOString());
      always("a slot runs once", times.get(slot) === 1, { slot });
    };
    const job = new CronJob("*/4 * * * * *", run);
    job.start();
  });
  w.faults(w.clock(box, { how: "step", by: "10ms..900ms" }));
  w.run("60s");
});
