/**
 * The thread of the watchdog: it looks at the counter of progress, the memory and the supervisor, and stops the main
 * thread with the debugger if need be. Every runner process starts one, so it imports nothing of the simulator.
 */
import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";
import { isUserPlace } from "../world/user-place.ts";
import { ComputedTime } from "./computed-time.ts";
import { PROBE, type Reached, type Stall, WATCHDOG_FD, type WatchdogData } from "./protocol.ts";

const LOOK_MS = 250;
/** The interval of progress reports to the supervisor, in milliseconds. */
const PROGRESS_MS = 1_000;
/** How long the process may compute until the debugger has stopped the main thread in a program, in milliseconds. */
const PAUSE_MS = 15_000;
/**
 * In a loop of microtasks or ticks, much of the time is spent in Node's own code. The debugger steps at
 * most this often to reach a program.
 */
const STEPS_MAX = 2_000;

/** What the debugger reads from the stopped thread. */
interface Found {
  readonly host?: string;
  readonly nowNs?: number;
  readonly stack?: string;
}

function watch({ shared, stallMs, bytesMax, parent }: WatchdogData, ready: () => void): void {
  const cells = new Int32Array(shared, 0, 2);
  const times = new Float64Array(shared, 8, 1);
  let last = -1;
  let toldMs = performance.now();
  let toldNs = 0;
  let stalledMs = 0;
  const computed = new ComputedTime(LOOK_MS);
  const timer = setInterval(() => {
    // A busy run cannot notice that its supervisor is dead. Without this it would continue without a
    // purpose, possibly forever.
    if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
    const bytes = process.memoryUsage.rss();
    if (bytes > bytesMax) {
      clearInterval(timer);
      tell({ bytes });
    }
    const beat = Atomics.load(cells, 0);
    const nowMs = performance.now();
    stalledMs += computed.sinceLastMs();
    const [reachedNs = 0] = times;
    if (nowMs - toldMs >= PROGRESS_MS && reachedNs !== toldNs && Atomics.load(cells, 1) === 1) {
      toldMs = nowMs;
      toldNs = reachedNs;
      write({ reachedNs });
    }
    if (Atomics.load(cells, 1) === 0 || beat !== last) {
      last = beat;
      stalledMs = 0;
    } else if (stalledMs >= stallMs) {
      clearInterval(timer);
      tell({ seconds: stalledMs / 1_000 });
    }
  }, LOOK_MS);
  ready();
}

function write(news: Stall | Reached): void {
  writeSync(WATCHDOG_FD, `${JSON.stringify(news)}\n`);
}

interface PausedFrame {
  readonly functionName: string;
  readonly location: {
    readonly scriptId: string;
    readonly lineNumber: number;
    readonly columnNumber?: number;
  };
}

/** Stops the main thread wherever it is, and reports the position. */
function tell(why: Stall["why"]): void {
  const session = new Session();
  let found: Found = {};
  let steps = 0;
  const report = (): void => {
    const { host, nowNs, stack = "" } = found;
    const stall: Stall = { host, nowNs, place: innermostPlace(stack), why };
    write(stall);
  };
  // A debugger session alone does not keep the thread alive; this timer does until there is an answer.
  const computed = new ComputedTime(LOOK_MS);
  let pausedMs = 0;
  const giveUp = setInterval(() => {
    pausedMs += computed.sinceLastMs();
    if (pausedMs < PAUSE_MS) return;
    clearInterval(giveUp);
    report();
  }, LOOK_MS);
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => {
    const { scriptId, url } = params as { scriptId: string; url: string };
    urls.set(scriptId, url);
  });
  session.on("Debugger.paused", ({ params }) => {
    const frames = (params as { callFrames: PausedFrame[] }).callFrames;
    const stack = frames.map((frame) => stackLine(frame, urls)).join("\n");
    const expression = `globalThis.${PROBE}(${JSON.stringify(stack)})`;
    session.post("Runtime.evaluate", { expression, returnByValue: true }, (error, answer) => {
      const value: unknown = answer?.result.value;
      if (!error && typeof value === "string") found = JSON.parse(value) as Found;
      if (innermostPlace(found.stack ?? "") === undefined && ++steps < STEPS_MAX) {
        session.post("Debugger.stepInto");
      } else {
        clearInterval(giveUp);
        report();
      }
    });
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}

function stackLine(
  { functionName, location }: PausedFrame,
  urls: ReadonlyMap<string, string>,
): string {
  const url = urls.get(location.scriptId) ?? "";
  const place = `${url}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return `    at ${functionName || "<anonymous>"} (${place})`;
}

/** The first position in a program. A mapped one is an absolute path outside of Lightcone. */
function innermostPlace(stack: string): string | undefined {
  for (const line of stack.split("\n")) {
    // ES modules have URLs.
    const place = /\((?:file:\/\/)?(.*:\d+:\d+)\)$/.exec(line)?.[1];
    if (place === undefined || !place.startsWith("/")) continue;
    if (isUserPlace(place)) return place;
  }
  return undefined;
}

watch(workerData as WatchdogData, () => parentPort?.postMessage("ready"));
