/** What `everything.mjs` starts as a worker thread and as a child process. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";

if (isMainThread) {
  process.send({ doubled: Number(process.argv[2]) * 2, random: Math.random() });
  process.disconnect();
} else {
  parentPort.postMessage({ doubled: workerData * 2, random: Math.random() });
}
