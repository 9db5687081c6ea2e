/**
 * How often a key is used, in eight bits: a counter that grows more slowly the greater it is, and
 * decays while the key is not used (Redis's LFU, evict.c).
 */
import type { Config } from "./config.ts";
import type { Value } from "./values/value.ts";

/** The initial value of a new key, so that it is not evicted first. */
export const FREQUENCY_START = 5;

/** Returns whole minutes since the counter was last updated. */
export function idleMinutes(value: Value, nowMs: number): number {
  return Math.max(0, Math.floor(nowMs / 60_000) - Math.floor(value.countedMs / 60_000));
}

/** Returns the counter after it has decayed for this many minutes. */
export function countNow(value: Value, minutes: number, config: Config): number {
  const decay = config.number("lfu-decay-time");
  const periods = decay === 0 ? 0 : Math.floor(minutes / decay);
  return Math.max(0, value.frequency - periods);
}

/** Counts an access. */
export function countAccess(value: Value, nowMs: number, config: Config): void {
  let count = countNow(value, idleMinutes(value, nowMs), config);
  if (count < 255) {
    const above = Math.max(0, count - FREQUENCY_START);
    if (Math.random() < 1 / (above * config.number("lfu-log-factor") + 1)) count++;
  }
  value.frequency = count;
  value.countedMs = nowMs;
}
