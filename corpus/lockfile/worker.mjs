/** Takes the lock again and again, and works for less time than a lock needs to become stale. */
import { setTimeout as sleep } from "node:timers/promises";
import lockfile from "lockfile";
import { op } from "lightcone/probe";

const path = "/tmp/job.lock";
const lock = () => promised((done) => lockfile.lock(path, { stale: 1000 }, done));
const unlock = () => promised((done) => lockfile.unlock(path, done));

for (;;) {
  try {
    await op("acquire", "job", lock);
    await sleep(50 + Math.random() * 200);
    await op("release", "job", unlock);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  await sleep(20 + Math.random() * 200);
}

function promised(call) {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}
