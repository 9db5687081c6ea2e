/** The clocks of a program that has just begun: Node has started before its first line. */
import { expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

it("has run for a while at a program's first line, by each of its clocks alike", async () => {
  const { stdout } = await hosted(`
    import { performance } from "node:perf_hooks";
    import { fork } from "node:child_process";
    import { Worker, isMainThread } from "node:worker_threads";
    const now = performance.now();
    const [seconds, ns] = process.hrtime();
    const told = {
      who: isMainThread ? (process.send ? "child" : "main") : "thread",
      now, uptimeMs: process.uptime() * 1e3,
      hrtimeIsLater: seconds * 1e3 + ns / 1e6 >= now,
      originIsRight: Math.abs(performance.timeOrigin + now - Date.now()) < 0.5,
      started: performance.nodeTiming.startTime,
    };
    console.log(JSON.stringify(told));
    if (told.who === "main") {
      fork(new URL(import.meta.url).pathname);
      setTimeout(() => new Worker(new URL(import.meta.url)), 1000);
    }
  `);
  const told = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(told.map(({ who }) => who)).toEqual(["main", "child", "thread"]);
  for (const { who, now, uptimeMs, ...rest } of told) {
    expect(rest).toEqual({ hrtimeIsLater: true, originIsRight: true, started: 0 });
    // A thread's clocks are those of its process, which has been up for longer.
    expect(now, `${who as string}`).toBeGreaterThan(who === "thread" ? 1000 : 1);
    expect(now).toBeLessThan(who === "thread" ? 1100 : 50);
    expect(uptimeMs).toBeCloseTo(now as number, 1);
  }
});

it("is not taken for never by a cache that asks whether it has a start", async () => {
  // As lru-cache does.
  await both(`
    const start = performance.now();
    const isStale = () => Boolean(start) && performance.now() - start > 50;
    console.log(isStale());
    setTimeout(() => console.log(isStale()), 100);
  `);
});
