/** The kernel alone: events that each schedule the next, fingerprint on, with others pending meanwhile. */
import { Kernel, Kind } from "../dist/sim/kernel.js";
import { median } from "./median.mjs";

const EVENTS = 2_000_000;
const PENDING = 1_000;
const TARGET = 3_000_000;

/** Runs `EVENTS` timers, each of which starts another; `PENDING` are under way at any time. */
function timers(trace) {
  const kernel = new Kernel({ seed: 1 });
  if (trace) kernel.observer = trace;
  const prng = kernel.prng.fork("bench");
  let left = EVENTS;
  const fire = () => {
    if (--left > 0) kernel.schedule(1 + prng.below(1_000_000), 1, Kind.timer, fire, undefined);
    else kernel.stop();
  };
  for (let i = 0; i < PENDING; i++) {
    kernel.schedule(prng.below(1_000_000), 1, Kind.timer, fire, undefined);
  }
  const startMs = performance.now();
  kernel.run();
  return (EVENTS * 1_000) / (performance.now() - startMs);
}

export default async function kernel(report) {
  const value = await median(() => timers(undefined));
  report({
    name: "kernel, one timer an event",
    value,
    unit: "events/s",
    target: TARGET,
    ratio: value / TARGET,
    met: value >= TARGET,
  });
  const { TraceRecorder } = await import("../dist/trace/index.js");
  const traced = await median(() => timers(new TraceRecorder()));
  report({ name: "kernel, with the trace on", value: traced, unit: "events/s" });
}
