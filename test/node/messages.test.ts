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
