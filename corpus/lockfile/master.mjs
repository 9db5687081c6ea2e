/** Keeps three workers running. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const worker = fileURLToPath(new URL("./worker.mjs", import.meta.url));
function start(n) {
  fork(worker, [String(n)]).on("exit", () => setTimeout(start, 200, n));
}
for (let n = 1; n <= 3; n++) start(n);
