/** The order in which Node's event loop does things, on a simulated host and on the real one. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("the event loop", () => {
  it("runs ticks before promises, and both before timers and immediates", async () => {
    const { stdout } = await both(
      `// Which of these two comes first is a matter of how late the machine is.
       const late = [];
       const after = (name) => late.push(name) === 2 && console.log(late.sort().join(" "));
       setTimeout(after, 1, "timeout");
       setImmediate(after, "immediate");
       Promise.resolve().then(() => {
         console.log("promise");
         process.nextTick(() => console.log("tick of promise"));
         queueMicrotask(() => console.log("microtask of promise"));
       });
       queueMicrotask(() => console.log("microtask"));
       process.nextTick(() => {
         console.log("tick");
         Promise.resolve().then(() => console.log("promise of tick"));
         process.nextTick(() => console.log("tick of tick"));
       });
       console.log("main");`,
      { name: "program.cjs" },
    );
    expect(stdout.split("\n").slice(0, 4)).toEqual(
      ["main", "tick", "tick of tick", "microtask"].toSpliced(3, 1, "promise"),
    );
  });

  it("drains ticks and promises between two timers, and between two immediates", async () => {
    await both(`
      const log = (text) => () => console.log(text);
      for (const n of [1, 2]) {
        setTimeout(() => {
          console.log("timer", n);
          process.nextTick(log("tick of timer " + n));
          Promise.resolve().then(log("promise of timer " + n));
        }, 1);
        setImmediate(() => {
          setTimeout(() => {
            setImmediate(() => {
              console.log("immediate", n);
              process.nextTick(log("tick of immediate " + n));
              Promise.resolve().then(log("promise of immediate " + n));
            });
          }, 20);
        });
      }`);
  });

  it("runs an immediate before a timeout of zero when both are set in a callback of I/O", async () => {
    await both(
      `
      import { readFile } from "node:fs";
      import { createServer, connect } from "node:net";
      readFile(new URL(import.meta.url), () => {
        setTimeout(() => { console.log("file: timeout"); useSocket(); }, 0);
        setImmediate(() => console.log("file: immediate"));
      });
      function useSocket() {
        const server = createServer((socket) => socket.end("x")).listen(0, "127.0.0.1", () => {
          connect(server.address().port, "127.0.0.1").on("data", () => {
            setTimeout(() => console.log("socket: timeout"), 0);
            setImmediate(() => console.log("socket: immediate"));
            process.nextTick(() => console.log("socket: tick"));
            server.close();
          });
        });
      }`,
      { files: { "data.txt": "x" } },
    );
  });

  it("puts an immediate that an immediate sets into the next turn, after what is due", async () => {
    await both(`
      setImmediate(() => {
        console.log("first");
        setImmediate(() => console.log("next turn"));
        process.nextTick(() => console.log("tick"));
      });
      setImmediate(() => console.log("second"));`);
  });

  it("clears what is not to happen, even from within the same phase", async () => {
    await both(`
      const b = setTimeout(() => console.log("never"), 1), c = setImmediate(() => console.log("never"));
      const a = setTimeout(() => { clearTimeout(d); console.log("a"); }, 2);
      const d = setTimeout(() => console.log("never"), 2);
      clearTimeout(b); clearImmediate(c);
      const later = setTimeout(() => console.log("never"), 1);
      clearTimeout(String(later[Symbol.toPrimitive]()));
      setImmediate(() => { clearImmediate(f); });
      const f = setImmediate(() => console.log("never"));
      const i = setInterval(() => { console.log("interval"); clearInterval(i); }, 3);
      console.log(a.hasRef(), a.ref() === a, typeof +a);`);
  });

  it("restarts a timer that is refreshed, and lets go of one that is unreferenced", async () => {
    await both(`
      const early = performance.now();
      const timer = setTimeout(() => console.log("refreshed", performance.now() - early >= 119), 80);
      setTimeout(() => timer.refresh(), 40);
      setTimeout(() => console.log("never"), 100_000).unref();
      const again = setTimeout(() => console.log("referenced again"), 60).unref();
      again.ref();
      setInterval(() => {}, 1000).unref();
      setImmediate(() => console.log("unreferenced immediate runs while others wait")).unref();
      process.on("exit", () => console.log("exit", performance.now() - early < 100_000));`);
  });

  it("says what keeps the process alive", async () => {
    await both(`
      const a = setTimeout(() => {}, 1), b = setTimeout(() => {}, 1000).unref();
      setImmediate(() => {});
      console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "Immediate").sort());`);
  });

  it("does not let an interval catch up on what it missed", async () => {
    const { stdout } = await both(`
      let n = 0;
      const from = performance.now();
      const interval = setInterval(() => {
        n++;
        if (n === 1) while (performance.now() - from < 100);
        if (n === 3) {
          clearInterval(interval);
          const took = performance.now() - from;
          console.log("three times", took >= 119);
        }
      }, 20);`);
    expect(stdout).toBe("three times true\n");
  });

  it("makes time pass for a program that polls the clock, and what is due waits for it", async () => {
    const { stdout } = await both(
      `
      const from = Date.now();
      setTimeout(() => console.log("late", Date.now() - from >= 50), 1);
      setImmediate(() => console.log("immediate"));
      while (Date.now() - from < 50);
      console.log("done polling");
      const hr = process.hrtime.bigint();
      while (process.hrtime.bigint() - hr < 5_000_000n);
      const perf = performance.now();
      while (performance.now() - perf < 5);
      console.log("hrtime and performance too");`,
      { name: "program.cjs" },
    );
    expect(stdout).toBe("done polling\nhrtime and performance too\nlate true\nimmediate\n");
  });

  it("takes Atomics.wait and its timeout for time that passes", async () => {
    await both(`
      const from = Date.now();
      const cell = new Int32Array(new SharedArrayBuffer(4));
      console.log(Atomics.wait(cell, 0, 0, 30), Date.now() - from >= 29);`);
  });

  it("orders timers by when they are due, then by when they were set", async () => {
    await both(`
      const all = [[30, "d"], [10, "a"], [20, "c"], [10, "b"], [30, "e"], [0, "0"], [-5, "-"], [NaN, "NaN"]];
      let timers, from;
      do {
        // A machine that was held up while it set them has not set them together: once more.
        for (const timer of timers ?? []) clearTimeout(timer);
        from = performance.now();
        timers = all.map(([ms, name]) => setTimeout(console.log, ms, name));
      } while (performance.now() - from > 5);
      setTimeout(() => console.log("too long is one"), 2 ** 31).unref?.();`);
  });

  it("gives timers as promises, with values, iteration and abortion", async () => {
    await both(`
      import { setTimeout as delay, setImmediate as soon, setInterval as every, scheduler } from "node:timers/promises";
      console.log(await delay(5, "value"), await soon("soon"));
      let n = 0;
      for await (const value of every(3, "tick")) { console.log(value); if (++n === 3) break; }
      await delay(1000, null, { signal: AbortSignal.timeout(5) }).catch((e) => console.log(e.name, e.code, e.cause?.name));
      await scheduler.wait(2); await scheduler.yield();
      const ac = new AbortController();
      const waiting = delay(1000, null, { signal: ac.signal }).catch((e) => console.log(e.message));
      ac.abort();
      await waiting;`);
  });

  it("reports the timers of a process that does nothing else at their exact virtual time", async () => {
    const { stdout } = await hosted(`
      const from = performance.now();
      setTimeout(() => console.log(Math.round(performance.now() - from)), 3600_000 / 10);`);
    expect(stdout).toBe("360000\n");
  });
});
