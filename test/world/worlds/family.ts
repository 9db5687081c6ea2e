/** Forks a child, a cluster worker and a thread; each records. One of them is killed at work. */
import { fork } from "node:child_process";
import cluster from "node:cluster";
import { Worker } from "node:worker_threads";
import { op } from "lightcone/probe";

const path = new URL("./family-child.ts", import.meta.url).pathname;

await op("parent", () => {});
fork(path, ["child"]);
cluster.setupPrimary({ exec: path, args: ["cluster worker"] });
cluster.fork();
const thread = new Worker(path, { argv: ["thread"] });
thread.unref();
const doomed = fork(path, ["waits for ever"]);
setTimeout(() => doomed.kill("SIGKILL"), 2000);
await op("parent at work", () => new Promise((done) => setTimeout(done, 3000)));
