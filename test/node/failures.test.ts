/** What happens when nobody catches, and how a process ends. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("an exception that nobody catches", () => {
  const places: Record<string, string> = {
    "the main program": `throw new Error("x")`,
    "a tick": `process.nextTick(() => { throw new Error("x") })`,
    "a timer": `setTimeout(() => { throw new Error("x") }, 1)`,
    "an immediate": `setImmediate(() => { throw new Error("x") })`,
    "a microtask": `queueMicrotask(() => { throw new Error("x") })`,
    "an event of a socket": `import("node:net").then((net) => net.connect(1, "127.0.0.1"))`,
    "a callback of a file": `import("node:fs").then((fs) => fs.readFile("/nothing", (e) => { throw e }))`,
    "a rejected promise": `Promise.reject(new Error("x"))`,
    "a rejection that is no error": `Promise.reject({ a: 1 })`,
    "an async function": `(async () => { await null; throw new TypeError("x") })()`,
    "a listener": `const { EventEmitter } = await import("node:events"); new EventEmitter().emit("error", new Error("x"))`,
    "a value that is no error": `throw null`,
  };
  for (const [place, code] of Object.entries(places)) {
    it(`ends the process with code 1 in ${place}`, async () => {
      const { code: exit } = await both(`
        process.on("exit", (code) => console.log("exit", code, process.exitCode));
        setTimeout(() => console.log("never"), 1e6);
        console.log("before");
        ${code};`);
      expect(exit).toBe(1);
    });
    it(`reaches uncaughtException from ${place}, and the rest goes on`, async () => {
      await both(`
        process.on("uncaughtExceptionMonitor", (error, origin) => console.log("monitor", origin));
        process.on("uncaughtException", (error, origin) =>
          console.log("caught", error?.name, error?.message, error?.code, origin));
        let goesOn = false;
        setTimeout(() => (goesOn = true), 50);
        process.on("exit", () => console.log("goes on", goesOn));
        ${code};`);
    });
  }

  it("says where it was thrown", async () => {
    const { stderr } = await hosted(
      `function inner() {\n  throw new RangeError("too far");\n}\ninner();`,
    );
    expect(stderr).toMatch(
      /RangeError: too far\n {4}at inner \(.*program\.mjs:2:9\)\n {4}at .*program\.mjs:4:1/,
    );
  });

  it("lets the other timers and ticks of the same moment run once it was caught", async () => {
    await both(
      `
      process.on("uncaughtException", (e) => console.log("caught", e.message));
      for (const n of [1, 2, 3]) {
        process.nextTick(() => { if (n === 1) throw new Error("tick"); console.log("early tick", n); });
      }
      const three = () => {
        const timers = [1, 2, 3].map((n) => setTimeout(() => {
          process.nextTick(() => console.log("tick", n));
          if (n !== 3) throw new Error("timer " + n);
        }, 5));
        // On a busy machine they may begin in two different milliseconds, and are then due at two moments.
        if (timers.every(({ _idleStart }) => _idleStart === timers[0]._idleStart)) return;
        timers.forEach(clearTimeout);
        three();
      };
      setTimeout(three, 30);`,
      { name: "program.cjs" },
    );
  });

  it("ends with code 7 when the handler throws too", async () => {
    const { code } = await both(`
      process.on("exit", (code) => console.log("exit", code));
      process.on("uncaughtException", () => { throw new Error("again") });
      throw new Error("first");`);
    expect(code).toBe(7);
  });

  it("goes to a capture callback first", async () => {
    await both(`
      process.setUncaughtExceptionCaptureCallback((e) => console.log("captured", e.message));
      console.log(process.hasUncaughtExceptionCaptureCallback());
      try { process.setUncaughtExceptionCaptureCallback(() => {}) } catch (e) { console.log(e.code) }
      setTimeout(() => { throw new Error("x") }, 1);
      setTimeout(() => { process.setUncaughtExceptionCaptureCallback(null); throw new Error("y") }, 20);`);
  });
});

describe("a rejection", () => {
  it("reaches unhandledRejection with its reason and its promise", async () => {
    await both(`
      const promise = Promise.reject(new Error("x"));
      process.on("unhandledRejection", (reason, p) => console.log(reason.message, p === promise));
      setTimeout(() => console.log("goes on"), 10);`);
  });

  it("is handled when a handler comes before the ticks are done", async () => {
    await both(`
      process.on("unhandledRejection", () => console.log("never"));
      const early = Promise.reject(new Error("x"));
      process.nextTick(() => early.catch(() => console.log("in time")));`);
  });

  it("is told of when a handler comes too late", async () => {
    await both(`
      process.on("unhandledRejection", () => console.log("unhandled"));
      process.on("rejectionHandled", (p) => console.log("handled after all", p === promise));
      const promise = Promise.reject(new Error("x"));
      setTimeout(() => promise.catch(() => console.log("late")), 10);`);
  });

  it("that nothing listens for ends the process after its ticks, before its timers", async () => {
    await both(`
      setTimeout(() => console.log("never"), 0);
      setImmediate(() => console.log("never"));
      process.nextTick(() => console.log("tick"));
      Promise.reject(new Error("x"));
      process.on("exit", (code) => console.log("exit", code));`);
  });
});

describe("the end of a process", () => {
  it("comes when nothing is left: beforeExit may start more, exit may not", async () => {
    await both(`
      let n = 0;
      process.on("beforeExit", (code) => {
        console.log("beforeExit", code);
        if (n++ < 2) setTimeout(() => console.log("more", n), 1);
      });
      process.on("exit", (code) => {
        console.log("exit", code);
        setTimeout(() => console.log("never"), 0);
        process.nextTick(() => console.log("never"));
        Promise.resolve().then(() => console.log("never"));
      });
      process.exitCode = 3;`);
  });

  it("comes at once with process.exit: nothing after it runs", async () => {
    await both(`
      process.on("exit", (code) => { console.log("exit", code); process.exitCode = 9; });
      process.on("beforeExit", () => console.log("never"));
      process.nextTick(() => console.log("never"));
      Promise.resolve().then(() => console.log("never"));
      function leave() { try { process.exit(4); console.log("never"); } catch (e) { console.log("never", e); } finally { console.log("never: finally"); } }
      leave();
      console.log("never");`);
  });

  it("comes from within callbacks, promises and generators alike", async () => {
    for (const code of [
      `setTimeout(() => { try { process.exit(5) } finally { console.log("never") } }, 1)`,
      `(async () => { try { await null; process.exit(5) } catch { console.log("never") } finally { console.log("never") } })()`,
      `new Promise(() => process.exit(5)).catch(() => console.log("never")).finally(() => console.log("never"))`,
      `[1, 2].forEach((n) => { console.log(n); if (n === 1) process.exit(5) })`,
    ]) {
      const { code: exit } = await both(`setTimeout(() => console.log("never"), 1e6); ${code};`);
      expect(exit).toBe(5);
    }
  });

  it("takes the code of exit listeners, and of process.exit within them", async () => {
    expect((await both(`process.on("exit", () => { process.exitCode = 6 })`)).code).toBe(6);
    expect((await both(`process.on("exit", () => process.exit(7)); process.exit(2)`)).code).toBe(7);
    expect((await both(`process.exitCode = "8"; process.exit()`)).code).toBe(8);
    await both(`try { process.exitCode = 1.5 } catch (e) { console.log(e.code) }
      try { process.exit("nonsense") } catch (e) { console.log(e.code) }`);
  });

  it("has code 13 when the top level awaits what never comes", async () => {
    const { code } = await both(`
      process.on("exit", (code) => console.log("exit", code));
      console.log("waits");
      await new Promise(() => {});
      console.log("never");`);
    expect(code).toBe(13);
  });

  it("has a signal when a signal does it, and none when the program listens", async () => {
    const { signal } = await both(`
      process.on("exit", () => console.log("never"));
      setInterval(() => {}, 10);
      console.log("before");
      process.kill(process.pid, "SIGTERM");`);
    expect(signal).toBe("SIGTERM");
    await both(`
      const timer = setInterval(() => {}, 10);
      process.once("SIGTERM", (name, number) => { console.log(name, number); clearInterval(timer); });
      console.log(process.kill(process.pid, 0), process.kill(process.pid, "SIGTERM"));
      try { process.kill(process.pid, "SIGNONE") } catch (e) { console.log(e.code) }
      try { process.kill(2 ** 30) } catch (e) { console.log(e.code, e.syscall) }`);
    expect((await both(`setInterval(() => {}, 10); process.abort();`)).signal).toBe("SIGABRT");
    // What a process does to itself is done at once: nothing of it runs on.
    for (const signal of ["SIGTERM", "SIGKILL", "SIGINT"]) {
      const ended = await both(`
        console.log("before");
        process.kill(process.pid, "${signal}");
        console.log("never");`);
      expect(ended.signal).toBe(signal);
    }
    expect((await both(`process.abort(); console.log("never");`)).signal).toBe("SIGABRT");
  });
});

describe("a warning", () => {
  it("reaches its listeners in a tick, and standard error", async () => {
    const { stderr } = await both(`
      process.on("warning", (w) => console.log(w.name, w.message, w.code));
      process.emitWarning("careful", { type: "Custom", code: "C1", detail: "more" });
      process.emitWarning(new Error("an error"));
      console.log("first");`);
    expect(stderr).toContain("[C1] Custom: careful\nmore");
  });

  it("is given for too many listeners, and once for what is deprecated", async () => {
    await both(`
      import { EventEmitter } from "node:events";
      import util from "node:util";
      process.on("warning", (w) => console.log(w.name, w.code, w.count, w.type));
      const emitter = new EventEmitter();
      for (let i = 0; i < 12; i++) emitter.on("x", () => {});
      const old = util.deprecate(() => {}, "old", "DEP_X");
      old(); old();`);
  });
});
