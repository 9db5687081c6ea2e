/**
 * Pairs of programs that take turns by a lock on a shared disk. The naive ones believe what mkdir answers. The careful ones
 * link a file of their own to the name of the lock and count its names, as open(2) advises: that shows whether they
 * have it, whatever the answer was.
 */
import fs from "node:fs";
import { world } from "lightcone";
import { mutex } from "lightcone/check";

export default world("whoever waits for a lock on a shared disk gets it", (w) => {
  const naive = w.hosts("naive", 2, async ({ op, sleep, random, eventually }) => {
    for (;;) {
      let held = false;
      try {
        await op("acquire", "naive", () => fs.mkdirSync("/shared/naive.lock"));
        held = true;
        await sleep("200ms");
        await op("release", "naive", () => fs.rmdirSync("/shared/naive.lock"));
      } catch {
        // Somebody else has it.
      }
      await sleep(`${random.integer(100, 500)}ms`);
      eventually("a naive program gets the lock", held);
    }
  });
  const careful = w.hosts("careful", 2, async ({ op, sleep, random, eventually, host }) => {
    const own = `/shared/${host}`;
    const attempt = <T>(call: () => T): T | undefined => {
      try {
        return call();
      } catch {
        return undefined;
      }
    };
    const hasLock = (): boolean => attempt(() => fs.statSync(own).nlink) === 2;
    for (;;) {
      attempt(() => fs.writeFileSync(own, ""));
      let held = false;
      try {
        await op("acquire", "careful", () => {
          attempt(() => fs.linkSync(own, "/shared/careful.lock"));
          if (!hasLock()) throw new Error("somebody else has it");
        });
        held = true;
        await sleep("200ms");
        await op("release", "careful", () => {
          while (hasLock()) attempt(() => fs.unlinkSync("/shared/careful.lock"));
        });
      } catch {
        // Somebody else has it.
      }
      await sleep(`${random.integer(100, 500)}ms`);
      eventually("a careful program gets the lock", held);
    }
  });
  w.shared("/shared", [...naive, ...careful]);
  w.definite(() => true);
  w.check(mutex());
  w.faults(w.nfs([...naive, ...careful], { lasts: "500ms..3s", every: "500ms..3s" }));
  w.run("15s", { calm: "8s" });
});
