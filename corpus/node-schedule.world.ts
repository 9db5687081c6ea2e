/**
 * node-schedule 2.1.1 catches up with all slots that a clock jumped over, one right after the other
 * (node-schedule/node-schedule#214; not mended). cron, which it says it is like, leaves them out. The clock
 * may be off by an hour, as on a virtual machine that was suspended.
 */
import { performance } from "node:perf_hooks";
import { world } from "lightcone";
import { scheduleJob } from "node-schedule";

/** A job that is due every four seconds runs once in this time; twice, if a clock is set forward just then. */
const WINDOW_MS = 1_000;

export default world("runs come one slot apart", (w) => {
  const box = w.host("box", ({ op, always }) => {
    const runs: number[] = [];
    scheduleJob("*/4 * * * * *", (slot: Date) => {
      const nowMs = performance.now();
      runs.push(nowMs);
      while ((runs[0] as number) < nowMs - WINDOW_MS) runs.shift();
      void op("run", slot.toISOString(), () => new Date().toISOString());
      always("no three runs in a second", runs.length <= 2, { slot, runs: runs.length });
    });
  });
  w.faults(w.clock(box, { by: "10ms..1h" }));
  w.run("60s");
});
