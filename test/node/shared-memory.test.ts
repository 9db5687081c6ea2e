/** Threads that wait for each other by `Atomics.waitAsync`, in virtual time; and one that ends in the middle. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("Atomics.waitAsync", () => {
  it("is woken by another thread, and only by a notice of the same place", async () => {
    await both(
      `import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
       import { once } from "node:events";
       if (isMainThread) {
         const shared = new Int32Array(new SharedArrayBuffer(16));
         const worker = new Worker(new URL(import.meta.url), { workerData: shared });
         console.log((await once(worker, "message"))[0]);
         console.log("elsewhere", Atomics.notify(shared, 0), Atomics.notify(new Int32Array(new SharedArrayBuffer(16)), 1));
         Atomics.store(shared, 1, 42);
         console.log("woken", Atomics.notify(shared, 1));
         console.log((await once(worker, "message"))[0]);
         console.log("nobody", Atomics.notify(shared, 1));
       } else {
         const keepAlive = setInterval(() => {}, 1000);
         const wait = Atomics.waitAsync(workerData, 1, 0);
         wait.value.then((how) => { parentPort.postMessage([how, Atomics.load(workerData, 1)]); clearInterval(keepAlive); });
         parentPort.postMessage("waits " + wait.async);
       }`,
    );
  });

  it("says at once what it need not wait for, in order, and as many as are asked for", async () => {
    await both(
      `const shared = new Int32Array(new SharedArrayBuffer(8)), big = new BigInt64Array(new SharedArrayBuffer(8));
       console.log(Atomics.waitAsync(shared, 0, 1), Atomics.waitAsync(shared, 0, 0, 0));
       const keepAlive = setInterval(() => {}, 1000), order = [];
       const wait = (name, cells, value) => Atomics.waitAsync(cells, 0, value).value.then((how) => order.push(name, how));
       const [a, b] = ["a", "b", "c"].map((name) => wait(name, shared, 0)), last = wait("big", big, 0n);
       console.log(Atomics.notify(shared, 0, 2), Atomics.notify(big, 0));
       await Promise.all([a, b, last]);
       console.log(order.sort().join(), Atomics.notify(shared, 0, 0), Atomics.notify(shared, 0));
       for (const bad of [() => Atomics.waitAsync(new Int32Array(4), 0, 0), () => Atomics.notify([], 0), () => Atomics.waitAsync(shared, 9, 0)])
         try { bad(); } catch (error) { console.log(error.name); }
       clearInterval(keepAlive);`,
    );
  });

  it("gives up after its timeout, in virtual time, and keeps no process alive", async () => {
    const { stdout, code } = await hosted(
      `const shared = new Int32Array(new SharedArrayBuffer(8));
       const start = performance.now();
       setTimeout(() => {}, 120_000);
       console.log(await Atomics.waitAsync(shared, 0, 0, 90_000).value, Math.round(performance.now() - start));
       Atomics.waitAsync(shared, 0, 0, 3_600_000).value.then(() => console.log("never"));`,
    );
    expect(stdout).toBe("timed-out 90000\n");
    expect(code).toBe(0);
  });
});

describe("a thread that exits", () => {
  it("is not heard any more, whatever its code catches and says", async () => {
    await both(
      `import { Worker, isMainThread, parentPort } from "node:worker_threads";
       if (isMainThread) {
         const worker = new Worker(new URL(import.meta.url), { stderr: true });
         worker.on("message", (message) => console.log(message));
         worker.stderr.on("data", (text) => console.log("stderr", String(text)));
         worker.on("exit", (code) => console.log("exit", code));
       } else {
         parentPort.postMessage("before");
         try { process.exit(3); } catch { console.error("caught"); parentPort.postMessage("caught"); }
       }`,
    );
  });
});

it("posts messages to any thread, and says which ones do not listen", async () => {
  await both(`
    import threads, { Worker } from "node:worker_threads";
    const { postMessageToThread: post } = threads;
    if (post === undefined) console.log("not in this version");
    else {
      const listens = "process.on('workerMessage', (value, from) => console.log('thread', value, from)); require('worker_threads').parentPort.once('message', () => {}).postMessage(1)";
      const [one, other] = [listens, "require('worker_threads').parentPort.once('message', () => {}).postMessage(1)"].map((text) => new Worker(text, { eval: true }));
      await Promise.all([one, other].map((worker) => new Promise((ready) => worker.once("message", ready))));
      await post(one.threadId, { a: 1 });
      for (const id of [999, threads.threadId, other.threadId]) await post(id, 1).catch(({ code, message }) => console.log(code, message));
      await Promise.all([one, other].map((worker) => worker.terminate()));
      await post(999, 1).catch(({ code }) => console.log("alone", code));
    }`);
});
