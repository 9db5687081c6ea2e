/**
 * lockfile 0.4.2 removes a lock that it has found to be stale without looking again, so that it may remove a new one
 * (npm/lockfile#4; mended in 0.4.3). Three processes of one machine take turns by a lock file. Now and then one of
 * them is killed, so that locks become stale.
 */
import { world } from "lightcone";
import { mutex } from "lightcone/check";

export default world("a lock file has one holder", (w) => {
  const box = w.host("box", "./lockfile/master.mjs");
  w.definite((error) => (error as { code?: string }).code === "EEXIST");
  w.faults(w.killChild(box), w.slowCpu(box), w.diskSlow(box));
  w.check(mutex());
  w.run("60s");
});
