/** Durations: nanoseconds inside, words like "1.5s" outside. */
import { LightconeError } from "./errors.ts";

/** Nanoseconds in a millisecond. */
export const MS = 1_000_000;
/** Nanoseconds in a second. */
export const SECOND = 1_000_000_000;

const unitsNs: Record<string, number> = {
  ns: 1,
  us: 1_000,
  µs: 1_000,
  ms: MS,
  s: SECOND,
  m: 60 * SECOND,
  min: 60 * SECOND,
  h: 3_600 * SECOND,
};

/** A duration as a user writes it: a number of milliseconds, or text such as "250us", "1.5s", "2m". */
export type Duration = number | string;

/**
 * Reads a duration into integer nanoseconds. A bare number is milliseconds, as everywhere in Node.
 * Throws `LC_BAD_DURATION` with `what` (the option's name) when it cannot.
 */
export function parseDurationNs(value: Duration, what = "duration"): number {
  if (typeof value === "number") {
    if (Number.isFinite(value) && value >= 0) return Math.round(value * MS);
  } else if (typeof value === "string") {
    const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*(ns|us|µs|ms|s|min|m|h)\s*$/.exec(value);
    if (match) return Math.round(Number(match[1]) * (unitsNs[match[2] as string] as number));
  }
  throw new LightconeError(
    "LC_BAD_DURATION",
    `${what}: ${JSON.stringify(value)} is not a duration`,
    'Write a number of milliseconds, or text such as "250us", "5ms", "1.5s", "2m".',
  );
}

/** A range of durations: "1ms..5ms", one duration, or a pair. */
export type DurationRange = Duration | readonly [Duration, Duration];

/** Reads a range into integer nanoseconds, both ends included. Throws `LC_BAD_DURATION`. */
export function parseRangeNs(
  value: DurationRange,
  what = "range",
): { minNs: number; maxNs: number } {
  const [from, to] = Array.isArray(value)
    ? (value as readonly [Duration, Duration])
    : typeof value === "string" && value.includes("..")
      ? (value.split("..", 2) as [string, string])
      : ([value, value] as [Duration, Duration]);
  const minNs = parseDurationNs(from, what);
  const maxNs = parseDurationNs(to, what);
  if (minNs > maxNs) {
    throw new LightconeError(
      "LC_BAD_DURATION",
      `${what}: ${String(from)} is longer than ${String(to)}`,
    );
  }
  return { minNs, maxNs };
}

/** A time or a duration for a person: "1.204s", "250ms", "12µs". */
export function formatNs(ns: number): string {
  if (ns >= SECOND) return `${trim((ns / SECOND).toFixed(3))}s`;
  if (ns >= MS) return `${trim((ns / MS).toFixed(3))}ms`;
  if (ns >= 1_000) return `${trim((ns / 1_000).toFixed(3))}µs`;
  return `${ns}ns`;
}

function trim(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
