/**
 * lockfile 0.4.2 removes a lock that it has found to be stale without looking again, so that it may remove a new one
 * (npm/lockfile#4; mended in 0.4.3). Three machines take turns by a lock file on a disk that they share. Now and then one
 * of them crashes, so that locks become stale, or stands still.
 */
import { world } from "lightcone";
import { mutex } from "lightcone/check";
import lockfile from "lockfile";

const PATH = "/shared/job.lock";

export default world("a lock file has one holder", (w) => {
  const workers = w.hosts("worker", 3, async ({ op, sleep, random }) => {
    for (;;) {
      try {
        await op("acquire", "job", () =>
          promised((done) => lockfile.lock(PATH, { stale: 5_000 }, done)),
        );
        // Works for less time than a lock needs to become stale.
        await sleep(random.integer(50, 250));
        await op("release", "job", () => promised((done) => lockfile.unlock(PATH, done)));
      } catch {
        // Somebody has it, or has removed it just when it was looked at; the server then knows no such file.
      }
      await sleep(random.integer(20, 220));
    }
  });
  // Without the caches of attributes and names, as those who keep locks on such a disk are told to mount it.
  w.shared("/shared", workers, { fileAttributes: "0s", folderAttributes: "0s" });
  // Whoever is told of an error does not have it.
  w.definite(() => true);
  w.faults(
    w.crash(workers, { how: "process", lasts: "100ms..1s" }),
    w.pause(workers, { lasts: "100ms..2s" }),
  );
  w.check(mutex());
  w.run("60s");
});

function promised(call: (done: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error as Error) : resolve()));
  });
}
