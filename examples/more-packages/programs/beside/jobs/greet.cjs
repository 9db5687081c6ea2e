/** A job of `bree.mjs`. */
const { parentPort, workerData } = require("node:worker_threads");

parentPort.postMessage(`hello ${workerData.job.worker?.workerData?.to ?? "nobody"}`);
parentPort.postMessage("done");
