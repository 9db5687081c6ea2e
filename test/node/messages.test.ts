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

describe("structuredClone", () => {
  it("copies, transfers and refuses as Node's does: keys, blobs, ports, streams and plain data", async () => {
    await both(`
      import { createSecretKey, generateKeyPairSync, KeyObject, X509Certificate } from "node:crypto";
      import { MessageChannel, MessagePort, receiveMessageOnPort } from "node:worker_threads";
      import { BlockList } from "node:net";
      const t = async (n, f) => { try { console.log(n, await f()); } catch (e) { console.log(n, e.name, e.code, e.message, e instanceof DOMException, e instanceof TypeError); } };
      const key = createSecretKey(Buffer.from("secret"));
      await t(1, () => { const c = structuredClone({ key, list: [key] }); return [c.key === key, c.key === c.list[0], c.key instanceof KeyObject, c.key.equals(key), c.key.export().toString()]; });
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      await t(2, () => [structuredClone(publicKey).equals(publicKey), structuredClone(privateKey).type]);
      await t(3, async () => { const k = await crypto.subtle.generateKey({ name: "AES-CBC", length: 128 }, false, ["encrypt"]); const c = structuredClone(k); return [c instanceof CryptoKey, c.type, c.extractable, c.usages]; });
      await t(4, async () => { const b = structuredClone(new Blob(["x", "yz"], { type: "a/b" })); return [b instanceof Blob, b.size, await b.text(), b.type]; });
      await t(5, () => { const { port1, port2 } = new MessageChannel(); const p = structuredClone(port1, { transfer: [port1] }); p.postMessage(5); const m = receiveMessageOnPort(port2); port2.close(); return [p instanceof MessagePort, p !== port1, m.message]; });
      await t(6, () => { const { port1 } = new MessageChannel(); try { return structuredClone(port1); } finally { port1.close(); } });
      await t(7, () => structuredClone()); await t(8, () => structuredClone(1, 5)); await t(9, () => structuredClone({}, { transfer: 1 })); await t(10, () => structuredClone({}, "x"));
      await t(11, () => structuredClone({}, null)); await t(12, () => structuredClone({}, { transfer: null }));
      await t(14, () => structuredClone(Symbol("x"))); await t(15, () => structuredClone({}, { transfer: { *[Symbol.iterator]() {} } })); await t(16, () => structuredClone({}, { transfer: {} }));
      await t(17, () => { const l = new BlockList(); l.addAddress("1.2.3.4"); return structuredClone(l).check("1.2.3.4"); });
      await t(18, () => { const e = structuredClone(new DOMException("m", "AbortError")); return [e.name, e.message, e instanceof DOMException]; });
      await t(19, () => { const e = structuredClone(Object.assign(new RangeError("r", { cause: 5 }), { code: 1 })); return [e.name, e.code, e.cause]; });
      await t(20, () => { const m = structuredClone(new Map([[{ a: 1n }, new Set([new Date(5), /x/g])]])); return [...m]; });
      await t(21, () => { const b = new ArrayBuffer(8); const c = structuredClone({ b, key }, { transfer: [b] }); return [b.byteLength, c.b.byteLength, c.key instanceof KeyObject]; });
      await t(22, async () => { const s = new ReadableStream({ start(c) { c.enqueue("a"); c.close(); } }); const r = structuredClone(s, { transfer: [s] }); const out = []; for await (const x of r) out.push(x); return [out, s.locked]; });
      await t(23, () => [structuredClone.name, structuredClone.length, Object.keys(structuredClone)]);
      await t(24, () => [JSON.stringify(structuredClone(new URL("http://a/")))]);
      await t(25, () => { const a = { n: 1 }; a.self = a; const c = structuredClone(a); return [c.self === c, c !== a]; });
      await t(26, () => (0, eval)("structuredClone")(key) instanceof KeyObject);
      await t(28, () => structuredClone(Object.assign([1, , 3], { x: 1 })));`);
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
