/** What passes through message ports and broadcast channels, and how they refuse. */
import { describe, it } from "vitest";
import { both } from "./arms.ts";

describe("message ports", () => {
  it("clone, transfer and refuse as Node's do, between threads and within one", async () => {
    await both(`
      import { Worker, isMainThread, parentPort, MessageChannel, BroadcastChannel, receiveMessageOnPort, markAsUntransferable } from "node:worker_threads";
      if (isMainThread) {
        const lines = [];
        const name = (e) => [e.name, e.code, e.message].join(" | ");
        const { port1, port2 } = new MessageChannel();
        const tryPost = (value, list) => { try { port1.postMessage(value, list); lines.push("posted"); } catch (e) { lines.push(name(e)); } };
        tryPost(() => 1); tryPost({ deep: [Symbol("s")] }); tryPost(new WeakMap());
        tryPost({ port: new MessageChannel().port1 }); tryPost(1, [port1]); 
        const c = new MessageChannel(); tryPost(1, [c.port1, c.port1]); tryPost(1, [{}]); tryPost(1, [5]); tryPost(1, 7); tryPost(1, { transfer: 7 });
        const ab = new ArrayBuffer(8); tryPost({ ab }, [ab]); lines.push(ab.byteLength); tryPost(new Map([["p", c.port1]]), { transfer: [c.port1] });
        c.port2.postMessage("through a map");
        let got; const values = []; while ((got = receiveMessageOnPort(port2))) values.push(got.message);
        lines.push(values.length, values[1] instanceof Map);
        values[1].get("p").once("message", (m) => { lines.push("travelled", m); values[1].get("p").close(); });
        class Own { constructor() { this.a = 1; } get b() { return 2; } }
        lines.push(JSON.stringify(structuredClone(new Own())));
        const blob = new Blob(["text"]); port1.postMessage({ blob, url: new Date(5) });
        const received = receiveMessageOnPort(port2).message;
        lines.push(received.blob instanceof Blob, received.blob.size);
        received.blob.text().then((t) => lines.push(t));
        const a = new BroadcastChannel("x"), b = new BroadcastChannel("x"), other = new BroadcastChannel("y");
        a.onmessage = () => lines.push("never"); other.onmessage = () => lines.push("never");
        b.onmessage = (e) => { lines.push("broadcast " + e.data.n); };
        a.postMessage({ n: 1 });
        const worker = new Worker(new URL(import.meta.url));
        worker.on("message", (m) => { lines.push("worker: " + JSON.stringify(m)); if (m === "listening") a.postMessage({ n: 2 }); });
        worker.on("exit", (code) => { lines.push("exit " + code); a.close(); b.close(); other.close(); port1.close();
          try { a.postMessage(1) } catch (e) { lines.push(name(e)); } });
        process.on("exit", () => console.log(lines));
      } else {
        const channel = new BroadcastChannel("x");
        channel.onmessage = (e) => { parentPort.postMessage(e.data); channel.close(); parentPort.close(); };
        parentPort.postMessage("listening");
      }`);
  });
});

describe("locks of a process", () => {
  it("are granted in order, shared and stolen, among the threads of a process", async () => {
    // Where this Node has none, both arms say so.
    await both(`
      import { Worker, isMainThread, parentPort } from "node:worker_threads";
      const locks = globalThis.navigator?.locks;
      const lines = [];
      if (locks === undefined) console.log("none");
      else if (isMainThread) {
        const order = [];
        const wait = (ms) => new Promise((done) => setTimeout(done, ms));
        const first = locks.request("a", async (lock) => { order.push(lock.name + " " + lock.mode); await wait(20); return "first"; });
        const second = locks.request("a", { mode: "shared" }, async () => { order.push("shared 1"); await wait(5); });
        const third = locks.request("a", { mode: "shared" }, async () => { order.push("shared 2"); await wait(5); });
        const missed = locks.request("a", { ifAvailable: true }, (lock) => lock);
        const aborted = locks.request("a", { signal: AbortSignal.timeout(5) }, () => "never").catch((e) => e.name);
        const { held, pending } = await locks.query();
        lines.push(held.map(({ name, mode }) => name + mode), pending.length);
        lines.push(await first, await missed, await aborted); await second; await third;
        const robbed = locks.request("b", () => wait(50)).catch((e) => e.name + " " + e.code);
        lines.push(await locks.request("b", { steal: true }, () => "stolen"), await robbed);
        lines.push(await locks.request("c", () => { throw new RangeError("inside"); }).catch((e) => e.message));
        const worker = new Worker(new URL(import.meta.url));
        await new Promise((done) => worker.once("message", done));
        const got = locks.request("w", () => "given back by a thread");
        worker.postMessage("give it back");
        lines.push(await got, order);
        worker.terminate();
        console.log(lines);
      } else {
        locks.request("w", () => {
          parentPort.postMessage("held");
          return new Promise((done) => parentPort.once("message", () => setTimeout(done, 10)));
        });
        setInterval(() => {}, 1000);
      }`);
  });
});
