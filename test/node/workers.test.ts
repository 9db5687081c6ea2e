/** Threads and child processes: what passes between them, and how they end. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

const self = `new URL(import.meta.url)`;

describe("a worker thread", () => {
  it("has its own state, its data and its messages in order", async () => {
    await both(`
      import { Worker, isMainThread, parentPort, workerData, threadId } from "node:worker_threads";
      globalThis.count = (globalThis.count ?? 0) + 1;
      if (isMainThread) {
        const worker = new Worker(${self}, { workerData: { a: [1, new Map([["k", 2n]])], when: new Date(0), re: /x/g }, argv: ["--x"], env: { ONLY: "1" }, name: "named" });
        worker.on("online", () => console.log("online"));
        worker.on("message", (m) => { console.log("main got", m); if (m === "last") worker.postMessage("bye"); });
        worker.on("exit", (code) => console.log("exit", code, globalThis.count, worker.threadId));
        worker.postMessage({ first: true }); worker.postMessage("second");
        console.log(threadId, workerData, parentPort);
      } else {
        parentPort.postMessage([workerData, threadId > 0, process.argv.slice(2), Object.keys(process.env), globalThis.count]);
        parentPort.on("message", (m) => {
          parentPort.postMessage(m);
          if (m === "second") parentPort.postMessage("last");
          if (m === "bye") parentPort.close();
        });
      }`);
  });

  it("passes ports and buffers on, and takes messages without waiting", async () => {
    await both(`
      import { Worker, isMainThread, workerData, parentPort, MessageChannel, receiveMessageOnPort, moveMessagePortToContext } from "node:worker_threads";
      import { once } from "node:events";
      if (isMainThread) {
        const { port1, port2 } = new MessageChannel();
        const bytes = new Uint8Array([1, 2, 3]);
        const shared = new Int32Array(new SharedArrayBuffer(4));
        const worker = new Worker(${self}, { workerData: { port: port2, bytes, shared }, transferList: [port2, bytes.buffer] });
        console.log("detached", bytes.length);
        console.log(await once(port1, "message"));
        console.log("shared", shared[0]);
        port1.postMessage("go on");
        console.log((await once(worker, "exit"))[0]);
        const { port1: a, port2: b } = new MessageChannel();
        a.postMessage(1); a.postMessage({ two: 2 });
        console.log(receiveMessageOnPort(b), receiveMessageOnPort(b), receiveMessageOnPort(b));
        try { a.postMessage(Math.max) } catch (e) { console.log(e.name, e.message, e.code) }
        b.on("close", () => console.log("closed")); a.close();
      } else {
        const { port, bytes, shared } = workerData;
        shared[0] = 42;
        port.postMessage([...bytes]);
        port.once("message", (m) => { port.close(); });
      }`);
  });

  it("ends with an error, a code, or its maker's word", async () => {
    await both(`
      import { Worker } from "node:worker_threads"; import { once } from "node:events";
      async function end(code, act = () => {}) {
        const worker = new Worker(code, { eval: true });
        const events = [];
        worker.on("error", (e) => events.push(["error", e instanceof Error, e?.name, e?.message ?? e, e?.code]));
        const exit = new Promise((done) => worker.on("exit", done));
        const result = await act(worker);
        events.push(["exit", await exit]);
        console.log(events, result ?? "");
      }
      await end("throw new TypeError('x')");
      await end("setTimeout(() => { throw Object.assign(new RangeError('later'), { code: 'MINE' }) }, 5)");
      await end("Promise.reject(new Error('rejected'))");
      await end("throw 'text'");
      await end("process.exit(3)");
      await end("process.exitCode = 4");
      await end("setInterval(() => {}, 10)", async (w) => { await once(w, "online"); return w.terminate(); });
      await end("process.on('exit', (c) => require('worker_threads').parentPort.postMessage('exiting ' + c))", (w) => w.on("message", (m) => console.log(m)) && undefined);
      await end("");`);
  });

  it("writes to its maker's streams, or to streams of its own", async () => {
    await both(`
      import { Worker } from "node:worker_threads"; import { once } from "node:events"; import { text } from "node:stream/consumers";
      const loud = new Worker("console.log('from the worker'); console.error('aside')", { eval: true });
      await once(loud, "exit");
      const piped = new Worker("process.stdin.on('data', (d) => console.log('read ' + d)).on('end', () => console.error('end'))", { eval: true, stdin: true, stdout: true, stderr: true });
      piped.stdin.end("input");
      console.log(await Promise.all([text(piped.stdout), text(piped.stderr)]));`);
  });

  it("gets the environment data that its maker has set", async () => {
    await both(`
      import { Worker, isMainThread, setEnvironmentData, getEnvironmentData } from "node:worker_threads";
      if (isMainThread) {
        setEnvironmentData("key", { v: 1 });
        new Worker(${self});
      } else console.log(getEnvironmentData("key"), getEnvironmentData("other"));`);
  });
});

describe("a child process", () => {
  it("talks to its parent, and ends when both let go", async () => {
    await both(`
      import { fork } from "node:child_process";
      if (process.argv[2] !== "child") {
        const child = fork(process.argv[1], ["child", "arg"], { env: { ...process.env, MINE: "1" } });
        child.on("message", (m) => { console.log("parent got", m); if (m.ready) child.send({ work: [1, 2] }); if (m.sum) child.disconnect(); });
        child.on("disconnect", () => console.log("disconnected", child.connected)).on("exit", (...end) => console.log("exit", ...end)).on("close", (...end) => console.log("close", ...end));
        console.log(typeof child.pid, child.connected, child.spawnargs.slice(-2));
      } else {
        process.send({ ready: true, argv: process.argv.slice(3), mine: process.env.MINE, parent: typeof process.ppid, connected: process.connected });
        process.on("message", ({ work }) => process.send({ sum: work.reduce((a, b) => a + b) }));
        process.on("disconnect", () => { process.exitCode = 5; });
      }`);
  });

  it("is told what JSON has no words for, where its messages are serialized by V8", async () => {
    await both(`
      import { fork } from "node:child_process"; import { once } from "node:events"; import { inspect } from "node:util";
      const show = (value) => inspect(value, { depth: 5, maxStringLength: 20, maxArrayLength: 5 });
      if (process.argv[2] === "child") {
        process.on("message", (m) => { console.log(show(m), m instanceof Uint8Array); process.send({ back: m }); });
      } else {
        const child = fork(process.argv[1], ["child"], { serialization: "advanced" });
        class Point { x = 1; get hidden() { return 2; } }
        const cycle = { name: "cycle" }; cycle.self = cycle;
        const messages = [1n, "\u00fc\u20ac", { a: undefined, b: [1, , 3] }, new Map([[{ k: 1 }, new Set([-0, NaN])]]), new Date(0), /a+/gi,
          Buffer.from("bytes"), [new Uint8Array([1, 2, 3]).subarray(1), new Float64Array([0.5]), new DataView(new ArrayBuffer(2), 1)], new ArrayBuffer(4),
          new Point(), Object.assign(new TypeError("wrong", { cause: 7 }), { stack: "cut" }), new MessageChannel().port1, cycle, "x".repeat(200_000), new Uint8Array(200_000).fill(7)];
        for (const message of messages) { child.send(message); console.log(show((await once(child, "message"))[0])); }
        for (const bad of [() => {}, Symbol("no"), Promise.resolve(), { get x() { throw new RangeError("mine"); } }]) {
          try { child.send({ bad }); } catch (e) { console.log(e.name, e.code, e.message); }
        }
        child.disconnect(); console.log(...(await once(child, "exit")));
      }`);
  });

  it("is fed by its standard input, and read by its output", async () => {
    await both(`
      import { spawn } from "node:child_process"; import { text } from "node:stream/consumers"; import { once } from "node:events";
      if (process.argv[2] !== "child") {
        const child = spawn(process.execPath, [process.argv[1], "child"], { stdio: ["pipe", "pipe", "pipe"] });
        child.stdin.write("one "); setTimeout(() => child.stdin.end("two"), 10);
        console.log(await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]));
        const quiet = spawn(process.execPath, [process.argv[1], "child"], { stdio: ["ignore", "inherit", "ignore"] });
        console.log(quiet.stdin, quiet.stdout, (await once(quiet, "close"))[0]);
      } else {
        let all = ""; process.stdin.setEncoding("utf8");
        for await (const chunk of process.stdin) all += chunk;
        console.error("aside"); process.stdout.write("read " + all + "\\n", () => process.exit(2));
      }`);
  });

  it("is executed by a shell or by itself, with its errors", async () => {
    await both(`
      import { exec, execFile, spawn } from "node:child_process"; import { promisify } from "node:util";
      const run = promisify(exec), runFile = promisify(execFile);
      console.log(await run("echo hello  'two words' $WORD", { env: { ...process.env, WORD: "expanded" } }));
      console.log(await runFile(process.execPath, ["-e", "console.log(process.argv.slice(1)); console.error('x')", "a"]));
      await run("exit 3").catch((e) => console.log(e.code, e.killed, e.signal, e.cmd, e.stdout));
      await runFile(process.execPath, ["-e", "process.exit(4)"]).catch((e) => console.log(e.code));
      await runFile("no-such-program", ["a"]).catch((e) => console.log(e.code, e.syscall, e.path, e.spawnargs, e.message));
      await run("sleep 100", { timeout: 50 }).catch((e) => console.log(e.killed, e.signal, e.code));
      spawn("no-such-program").on("error", (e) => console.log("event", e.code)).on("close", (code) => console.log("close", code < 0));
      const controller = new AbortController();
      execFile("sleep", ["100"], { signal: controller.signal }, (e) => console.log(e.name, e.code)); controller.abort();`);
  });

  it("gets signals, and its parent hears which one ended it", async () => {
    await both(`
      import { fork } from "node:child_process"; import { once } from "node:events";
      if (process.argv[2] === "deaf") { process.on("SIGTERM", () => process.send("ignored")); process.send("up"); setInterval(() => {}, 1000); }
      else if (process.argv[2] === "child") { process.send("up"); setInterval(() => {}, 1000); }
      else {
        for (const signal of ["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP"]) {
          const child = fork(process.argv[1], ["child"]); await once(child, "message");
          console.log(child.kill(signal), ...(await once(child, "exit")), child.killed, child.signalCode, child.kill());
        }
        const deaf = fork(process.argv[1], ["deaf"]); await once(deaf, "message");
        deaf.kill("SIGTERM"); console.log((await once(deaf, "message"))[0], deaf.exitCode);
        process.kill(deaf.pid, "SIGKILL"); console.log(...(await once(deaf, "exit")));
      }`);
  });

  it("prints what it throws where its parent reads it", async () => {
    const { stdout } = await hosted(`
      import { spawn } from "node:child_process"; import { text } from "node:stream/consumers";
      const child = spawn(process.execPath, ["-e", "function f() { throw new Error('broken') } f()"]);
      console.log(await text(child.stderr)); child.on("exit", (code) => console.log(code));`);
    expect(stdout).toContain("Error: broken\n    at f (");
    expect(stdout).toMatch(/\n1\n$/);
  });
});

describe("a child that has hardly begun", () => {
  it("dies of a signal as any other, its pipes at their end", async () => {
    await both(
      `
      const { spawn, fork } = require("child_process"); const fs = require("fs");
      const print = (...words) => lines.push(words.join(" ")); const lines = [];
      const cat = spawn("cat"); cat.on("exit", (c, s) => print("cat exit", c, s)); cat.on("close", () => print("cat close"));
      print(cat.kill(), cat.killed);
      const file = fs.mkdtempSync("/tmp/kill-") + "/forever.js"; fs.writeFileSync(file, "setInterval(() => {}, 1000)");
      const ac = new AbortController();
      const f = fork(file, { signal: ac.signal }); f.on("exit", (c, s) => print("fork exit", c, s)); f.on("error", (e) => print("fork", e.name)); ac.abort();
      const t = fork(file, { timeout: 300, killSignal: "SIGKILL" }); t.on("exit", (c, s) => print("timeout exit", c, s));
      const k = spawn(process.execPath, [file]); k.on("exit", (c, s) => print("node exit", c, s)); setTimeout(() => k.kill(), 5);
      process.on("exit", () => console.log(lines.sort()));`,
      { name: "program.cjs" },
    );
  });

  it("that cannot be started has no number, and pipes that end", async () => {
    await both(`
      import { spawn } from "node:child_process";
      const child = spawn("there-is-no-such-program", ["x"]);
      console.log(child.pid);
      const seen = [];
      child.on("error", (e) => seen.push(e.code)); child.on("exit", () => seen.push("exit"));
      child.stdout.on("data", () => {}).on("end", () => seen.push("end"));
      child.on("close", (code) => console.log(seen.sort(), code));`);
  });

  it("takes an end of another's pipe as its own", async () => {
    await both(`
      import { spawn } from "node:child_process";
      const p1 = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
      const p2 = spawn("head", ["-n1"], { stdio: [p1.stdout, "pipe", "inherit"], argv0: "other" });
      p1.stdin.write("hello\\n");
      p2.stdout.setEncoding("utf8").on("data", (chunk) => console.log("first", chunk));
      p2.on("exit", () => { p1.stdin.end("world\\n"); p1.stdout.setEncoding("utf8").on("data", (chunk) => console.log("then", chunk)); });
      spawn(process.execPath, ["-p", "process.argv0 + process.argv.slice(1)", 7, true], { argv0: "me", stdio: ["ignore", "pipe", "inherit"] })
        .stdout.on("data", (d) => setTimeout(() => console.log(String(d)), 1000));`);
  });
});
