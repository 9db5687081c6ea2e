/** `AsyncLocalStorage` and `async_hooks`: what belongs together stays together, whatever lies between. */
import { describe, expect, it } from "vitest";
import { both } from "./arms.ts";

const prelude = `
  import { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId, createHook } from "node:async_hooks";
  const storage = new AsyncLocalStorage();
  const store = () => storage.getStore();`;

describe("AsyncLocalStorage", () => {
  it("goes through timers, ticks, microtasks, immediates and promises", async () => {
    const { stdout } = await both(`${prelude}
      import { setTimeout as delay } from "node:timers/promises";
      // A machine that is late does several of these at once: what each sees is compared, not their order.
      const lines = []; const say = (...words) => lines.push(words.join(" "));
      for (const id of ["a", "b"]) storage.run(id, async () => {
        setTimeout(() => say("timeout", store()), 10);
        let n = 0; const i = setInterval(() => { say("interval", store()); if (++n === 2) clearInterval(i); }, 30);
        setImmediate(() => say("immediate", store()));
        process.nextTick(() => say("tick", store()));
        queueMicrotask(() => say("microtask", store()));
        Promise.resolve().then(() => say("then", store()));
        await null; say("await", store());
        await delay(100); say("delay", store());
        await Promise.all([1, 2].map(async () => { await delay(1); say("all", store()); }));
      });
      say("outside", store());
      setTimeout(() => say("outside later", store() ?? "nothing"), 200);
      process.on("exit", () => console.log(lines.sort().join("\\n")));`);
    expect(stdout).toContain("outside later nothing");
  });

  it("goes through sockets, files, names and HTTP requests, each with its own", async () => {
    await both(`${prelude}
      import net from "node:net"; import http from "node:http"; import fs from "node:fs"; import dns from "node:dns";
      import { readFile } from "node:fs/promises"; import { once } from "node:events"; import zlib from "node:zlib"; import crypto from "node:crypto";
      const path = "context.txt"; fs.writeFileSync(path, "x");
      const lines = []; const say = (...words) => lines.push(words.join(" "));
      const server = storage.run("server", () => net.createServer((s) => { say("connection", store()); s.end("x"); }));
      await once(server.listen(0, "127.0.0.1"), "listening");
      await Promise.all(["a", "b"].map((id) => storage.run(id, async () => {
        const socket = net.connect(server.address().port, "127.0.0.1", () => say("connected", id, store()));
        socket.on("data", () => say("data", id, store())).on("close", () => say("close", id, store()));
        await once(socket, "close"); say("once", id, store());
        await new Promise((done) => fs.stat(path, () => { say("stat", id, store()); done(); }));
        await readFile(path); say("readFile", id, store());
        await new Promise((done) => dns.lookup("127.0.0.1", () => { say("lookup", id, store()); done(); }));
        await new Promise((done) => zlib.gzip("x", () => { say("gzip", id, store()); done(); }));
        await new Promise((done) => crypto.randomBytes(8, () => { say("randomBytes", id, store()); done(); }));
        await new Promise((done) => crypto.scrypt("p", "s", 8, () => { say("scrypt", id, store()); done(); }));
      })));
      server.close();
      const web = http.createServer((req, res) => storage.run(req.url, () => {
        setTimeout(() => { say("request", req.url, store()); res.end(store()); }, 5);
        req.on("end", () => say("end", req.url, store())).resume();
      })).listen(0, "127.0.0.1");
      await once(web, "listening");
      await Promise.all(["/x", "/y"].map((url) => storage.run("client " + url, async () => {
        const response = await fetch("http://127.0.0.1:" + web.address().port + url);
        say("fetch", url, store(), await response.text(), store());
        await new Promise((done) => http.get("http://127.0.0.1:" + web.address().port + url, { agent: false }, (res) => {
          say("response", url, store()); res.resume().on("end", () => { say("response end", url, store()); done(); });
        }));
      })));
      web.close(); web.closeAllConnections();
      console.log(lines.sort().join("\\n"));`);
  });

  it("keeps a message's own context, and lets resources be bound", async () => {
    await both(`${prelude}
      import { EventEmitter, EventEmitterAsyncResource } from "node:events";
      const { port1, port2 } = new MessageChannel();
      port2.onmessage = () => { console.log("message", store()); port2.close(); };
      storage.run("sender", () => port1.postMessage(1));
      const emitter = new EventEmitter();
      storage.run("listener", () => { emitter.on("e", () => console.log("plain", store())); emitter.on("e", AsyncResource.bind(() => console.log("bound", store()))); });
      storage.run("emitter", () => emitter.emit("e"));
      const resource = storage.run("resource", () => new AsyncResource("Mine"));
      resource.runInAsyncScope(() => console.log("resource", store()));
      const snapshot = storage.run("snapshot", () => AsyncLocalStorage.snapshot());
      console.log(snapshot(store), storage.exit(store), storage.run("outer", () => storage.run("inner", store)));
      storage.enterWith("entered"); console.log(store()); await null; console.log(store());
      storage.disable(); console.log(store());`);
  });

  it("survives an exception", async () => {
    await both(`${prelude}
      const lines = []; const say = (...words) => lines.push(words.join(" "));
      process.on("uncaughtException", (e) => say("caught", e.message, store()));
      for (const id of ["a", "b"]) storage.run(id, () => setTimeout(() => { setTimeout(() => say("after", store()), 10); throw new Error(id); }, 5));
      setTimeout(() => say("outside", store() ?? "nothing"), 50);
      process.on("exit", () => console.log(lines.sort().join("\\n")));`);
  });
});

describe("async_hooks", () => {
  it("gives ids that are unique, and tells who triggered whom", async () => {
    await both(
      `${prelude}
      const types = new Map(); const ids = new Set(); let twice = 0; let unbalanced = 0; const open = [];
      const hook = createHook({
        init(id, type, trigger) { if (ids.has(id)) twice++; ids.add(id); types.set(id, [type, trigger]); },
        before(id) { open.push(id); }, after(id) { if (open.pop() !== id) unbalanced++; },
      }).enable();
      const outer = executionAsyncId();
      setTimeout(() => {
        const inner = executionAsyncId();
        console.log(types.get(inner)[0], types.get(inner)[1] === outer, triggerAsyncId() === outer);
        setImmediate(() => { const id = executionAsyncId(); console.log(types.get(id)[0], types.get(id)[1] === inner);
          process.nextTick(() => {
            const tick = executionAsyncId(); console.log(types.get(tick)[0], types.get(tick)[1] === id);
            setTimeout(() => { hook.disable(); console.log(twice, unbalanced, open.length <= 1); }, 5);
          });
        });
      }, 5);`,
      { name: "p.mjs" },
    );
  });

  it("sees sockets, requests and files by Node's names", async () => {
    await both(`${prelude}
      import net from "node:net"; import fs from "node:fs"; import { once } from "node:events";
      const seen = new Set();
      const hook = createHook({ init: (_id, type) => seen.add(type) }).enable();
      const server = net.createServer((s) => s.end()).listen(0, "127.0.0.1"); await once(server, "listening");
      const socket = net.connect(server.address().port, "127.0.0.1"); socket.resume(); await once(socket, "close"); server.close();
      await new Promise((done) => fs.stat("/", done));
      hook.disable();
      console.log(["TCPSERVERWRAP", "TCPWRAP", "TCPCONNECTWRAP", "FSREQCALLBACK", "PROMISE", "TickObject", "SHUTDOWNWRAP"].map((type) => type + " " + seen.has(type)).join("\\n"));`);
  });
});
