/**
 * `internalBinding('timers')`: the one timer and the one check phase of a process's event loop.
 * Node's own `internal/timers` keeps its lists on top of them, as it does on top of libuv.
 */
import { Kind } from "../../trace/kinds.ts";
import { MS } from "../../base/units.ts";
import type { EventHandle } from "../../sim/kernel.ts";
import { TURN_NS } from "../loop.ts";
import type { BindingContext } from "./context.ts";

/** Indices of `immediateInfo`, as in Node's `src/env.h`. */
const COUNT = 0;
const REF_COUNT = 1;
const HAS_OUTSTANDING = 2;

/** What the process's runner needs of the timers. */
export interface LoopTimers {
  readonly binding: object;
  /** The resources that keep the process alive, by Node's names: "Timeout", "Immediate". */
  activeResources(): string[];
  /** Schedules the check phase if there are immediates. Called after each callback. */
  afterCallback(): void;
}

/**
 * Creates the timers of one process. `onThrow` receives an exception that a timer's callback threw.
 */
export function createTimers(
  context: BindingContext,
  onThrow: (thrown: unknown) => void,
): LoopTimers {
  const { process, loop } = context;
  const immediateInfo = new Uint32Array(3);
  const timerInfo = new Int32Array(1);
  let processImmediate = (): void => {};
  let processTimers: (nowMs: number) => number = () => 0;

  let armed: EventHandle | undefined;
  let dueNs = 0;
  let timerReferenced = false;
  let retainedTimer = false;
  let checkScheduled = false;
  let retainedImmediate = false;

  const { kernel } = process.host;
  /** The events in which timers were armed. Kept only while somebody observes, for the causes in the trace. */
  const armedIn = new WeakMap<object, number>();
  /** Whether the next timer that fires is the one of the current event: it has none of its own then. */
  let isFirst = false;

  const nowMs = (): number => Math.floor(process.host.clock.monotonicNs() / MS);

  function updateTimerRetention(): void {
    const wanted = armed !== undefined && timerReferenced;
    if (wanted === retainedTimer) return;
    retainedTimer = wanted;
    if (wanted) loop.retain();
    else loop.release();
  }

  function schedule(delayMs: number): void {
    if (armed !== undefined) process.cancel(armed);
    // libuv counts whole milliseconds from the loop's own time, which is rounded down.
    const { freedoms } = process.host;
    const lateMs = freedoms?.probability ? freedoms.lateMs() : 0;
    dueNs = (nowMs() + Math.max(1, delayMs) + lateMs) * MS;
    const delayNs = dueNs - process.host.clock.monotonicNs();
    armed = process.scheduleLocal(delayNs, Kind.timer, runTimers, undefined);
    updateTimerRetention();
  }

  /** The process's timer fires: an event, which is that of the first of Node's timers that are due. */
  function runTimers(): void {
    isFirst = true;
    runDueTimers();
  }

  function runDueTimers(): void {
    const outer = kernel.currentEvent;
    try {
      callTimers();
    } finally {
      kernel.leave(outer);
    }
  }

  function callTimers(): void {
    armed = undefined;
    let nextMs: number | undefined;
    while (nextMs === undefined && process.alive) {
      try {
        nextMs = processTimers(nowMs());
      } catch (thrown) {
        onThrow(thrown);
      }
    }
    if (!process.alive) return;
    if (nextMs === undefined || nextMs === 0) {
      // A callback may have re-armed the timer already.
      updateTimerRetention();
      return;
    }
    timerReferenced = nextMs > 0;
    schedule(Math.max(1, Math.abs(nextMs) - nowMs()));
  }

  function scheduleCheck(): void {
    if (checkScheduled) return;
    checkScheduled = true;
    process.schedule(TURN_NS, Kind.immediate, runCheck, undefined);
  }

  function runCheck(): void {
    checkScheduled = false;
    // If it has nothing to wait for, the loop does not turn again for unreferenced immediates.
    if (immediateInfo[COUNT] === 0 || !loop.alive) return;
    if (armed !== undefined && dueNs <= process.host.clock.monotonicNs()) {
      // The process was busy past its timer, and timers run first in a turn of the loop.
      process.cancel(armed);
      isFirst = false;
      runDueTimers();
      if (!process.alive) return;
    }
    loop.checking = true;
    do {
      try {
        processImmediate();
      } catch (thrown) {
        onThrow(thrown);
      }
    } while (immediateInfo[HAS_OUTSTANDING] !== 0 && process.alive);
    if (process.alive && immediateInfo[REF_COUNT] === 0) retainImmediate(false);
  }

  function retainImmediate(wanted: boolean): void {
    if (wanted === retainedImmediate) return;
    retainedImmediate = wanted;
    if (wanted) loop.retain();
    else loop.release();
  }

  const binding = {
    immediateInfo,
    // Node 20 uses the first name, later versions the second.
    timeoutInfo: timerInfo,
    timerInfo,
    setupTimers(immediate: () => void, timers: (nowMs: number) => number): void {
      processImmediate = immediate;
      processTimers = timers;
    },
    getLibuvNow: nowMs,
    // The following two are not Node's: `lib/natives.ts` adds the calls.
    timerArmed(timer: object): void {
      if (kernel.observer !== undefined) armedIn.set(timer, kernel.currentEvent);
    },
    /** A timer is caused by whoever armed it, not by whoever armed the one that shares its list. */
    timerFires(timer: object): void {
      const by = kernel.observer === undefined ? undefined : armedIn.get(timer);
      if (!isFirst) kernel.begin(process.host.id, Kind.timer, by);
      else if (by !== undefined) kernel.attribute(by);
      isFirst = false;
    },
    scheduleTimer: (delayMs: number): void => {
      schedule(delayMs);
    },
    toggleTimerRef(referenced: boolean): void {
      timerReferenced = referenced;
      updateTimerRetention();
    },
    toggleImmediateRef(referenced: boolean): void {
      if (referenced) scheduleCheck();
      retainImmediate(referenced);
    },
  };
  return {
    binding,
    activeResources: () => [
      ...Array.from({ length: timerInfo[0] as number }, () => "Timeout"),
      ...Array.from({ length: immediateInfo[REF_COUNT] as number }, () => "Immediate"),
    ],
    afterCallback() {
      loop.checking = false;
      if (immediateInfo[COUNT] !== 0) scheduleCheck();
    },
  };
}
