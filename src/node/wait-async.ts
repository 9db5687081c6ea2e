/**
 * `Atomics.waitAsync` and `Atomics.notify` between the threads of a simulated process, in virtual
 * time. V8's own would wake waiters at a nondeterministic time.
 */
import type { Host } from "../sim/host.ts";
import type { Process } from "../sim/process.ts";
import { Kind } from "../trace/kinds.ts";
import type { EventLoop } from "./loop.ts";

/** The time until a thread learns that it was notified. */
const WAKE_NS = 5_000;

type Shared = Int32Array | BigInt64Array;

interface Waiter {
  readonly process: Process;
  readonly array: Shared;
  readonly index: number;
  readonly resolve: (outcome: "ok" | "timed-out") => void;
}

/** What `Atomics.waitAsync` returns. */
export type WaitAsyncResult =
  | { async: false; value: "not-equal" | "timed-out" }
  | { async: true; value: Promise<"ok" | "timed-out"> };

/** The waiters on a host, in the order of their arrival. */
const waiting = new WeakMap<Host, Set<Waiter>>();

/**
 * Creates the two functions of one process. `real` is V8's `Atomics`, which checks arguments and
 * compares.
 */
export function createWaiting(
  process: Process,
  real: typeof Atomics,
): {
  waitAsync(array: Shared, index: number, value: never, timeoutMs?: number): WaitAsyncResult;
  notify(array: Shared, index: number, count?: number): number;
} {
  const { host } = process;
  return {
    waitAsync(array, index, value, timeoutMs = Infinity) {
      const now = (real.wait as (...args: unknown[]) => string)(array, index, value, 0);
      const limitMs = Number.isNaN(Number(timeoutMs)) ? Infinity : Number(timeoutMs);
      if (now === "not-equal") return { async: false, value: now };
      if (limitMs <= 0) return { async: false, value: "timed-out" };
      const promise = new Promise<"ok" | "timed-out">((resolve) => {
        const waiter: Waiter = { process, array, index: Number(index), resolve };
        let others = waiting.get(host);
        if (others === undefined) waiting.set(host, (others = new Set()));
        others.add(waiter);
        if (limitMs === Infinity) return;
        const expire = (): void => {
          if (waiting.get(host)?.delete(waiter)) resolve("timed-out");
        };
        process.schedule(Math.ceil(limitMs * 1e6), Kind.internal, expire, undefined);
      });
      return { async: true, value: promise };
    },
    notify(array, index, count = Infinity) {
      // It checks its arguments. No thread waits through V8.
      real.notify(array as Int32Array, index, count);
      let woken = 0;
      for (const waiter of waiting.get(host) ?? []) {
        if (woken >= count) break;
        if (waiter.process.alive && !isSamePlace(waiter, array, Number(index))) continue;
        waiting.get(host)?.delete(waiter);
        if (!waiter.process.alive) continue;
        woken++;
        // News that is under way keeps its process alive. Waiting does not.
        loopOf(waiter.process)?.retain();
        waiter.process.schedule(WAKE_NS, Kind.internal, wake, waiter);
      }
      return woken;
    },
  };
}

function wake({ process, resolve }: Waiter): void {
  resolve("ok");
  loopOf(process)?.release();
}

function loopOf({ runner }: Process): EventLoop | undefined {
  return (runner as { readonly loop?: EventLoop } | undefined)?.loop;
}

/**
 * Returns whether a waiter waits for `array[index]`. A buffer that was posted to another thread is
 * a different object over the same memory, which can only be detected by a change. Threads take
 * turns, so no other thread sees this change.
 */
function isSamePlace(waiter: Waiter, array: Shared, index: number): boolean {
  const mine = waiter.array;
  if (mine.BYTES_PER_ELEMENT !== array.BYTES_PER_ELEMENT) return false;
  const size = array.BYTES_PER_ELEMENT;
  if (mine.byteOffset + waiter.index * size !== array.byteOffset + index * size) return false;
  if (mine.buffer === array.buffer) return true;
  const before = array[index] as number | bigint;
  const changed = typeof before === "bigint" ? ~before : ~before;
  array[index] = changed as never;
  const same = mine[waiter.index] === changed;
  array[index] = before as never;
  return same;
}
