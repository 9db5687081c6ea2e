/** Durations: nanoseconds internally, text such as "1.5s" for users. */
import { LightconeError } from "./errors.ts";

/** Nanoseconds in a millisecond. */
export const MS = 1_000_000;
/** Nanoseconds in a second. */
export const SECOND = 1_000_000_000;

/** When the wall clocks of a world start unless it says otherwise: 2026-01-01T00:00:00Z, in milliseconds. */
export const WORLD_EPOCH_MS = 1_767_225_600_000;

const unitsNs: Record<string, number> = {
  ns: 1,
  us: 1_000,
  µs: 1_000,
  ms: MS,
  s: SECOND,
  m: 60 * SECOND,
  min: 60 * SECOND,
  h: 3_600 * SECOND,
  d: 86_400 * SECOND,
};

/** A duration as a user writes it: a number of milliseconds, or text such as "250us", "1.5s", "2m", "1d". */
export type Duration = number | string;

/**
 * Reads a duration into integer nanoseconds. A bare number is milliseconds, as in Node. Text needs
 * a unit, so that "10" on a command line is not read as ten milliseconds. Throws `LC_BAD_DURATION`,
 * naming the option `what`, if the value is invalid.
 */
export function parseDurationNs(value: Duration, what = "duration"): number {
  if (typeof value === "number") {
    if (Number.isFinite(value) && value >= 0) {
      const ns = Math.round(value * MS);
      if (Number.isSafeInteger(ns)) return ns;
      throw tooLong(what, value);
    }
  } else if (typeof value === "string") {
    const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*(ns|us|µs|ms|s|min|m|h|d)\s*$/.exec(value);
    const ns = match ? Math.round(Number(match[1]) * (unitsNs[match[2] as string] as number)) : NaN;
    if (Number.isSafeInteger(ns)) return ns;
    if (match) throw tooLong(what, value);
    if (/^\s*[0-9]+(?:\.[0-9]+)?\s*$/.test(value)) throw noUnit(what, value.trim());
  }
  throw new LightconeError(
    "LC_BAD_DURATION",
    `${what}: ${typeof value === "number" ? value : JSON.stringify(value)} is not a duration`,
    'Write a number of milliseconds, or text such as "250us", "5ms", "1.5s", "2m", "2h", "1d".',
  );
}

/** Text usually comes from a command line or a file, where "10" is likely meant as seconds. */
function noUnit(what: string, value: string): LightconeError {
  return new LightconeError(
    "LC_BAD_DURATION",
    `${what}: ${value} has no unit`,
    `Write ${value}ms, ${value}s, ${value}m, ${value}h or ${value}d.`,
  );
}

/** Times are whole nanoseconds within the range that a double represents exactly. */
function tooLong(what: string, value: Duration): LightconeError {
  return new LightconeError(
    "LC_BAD_DURATION",
    `${what}: ${typeof value === "number" ? `${value}ms` : value} is too long: at most 104 days (2^53 ns)`,
  );
}

/** A range of durations: "1ms..5ms", one duration, or a pair. */
export type DurationRange = Duration | readonly [Duration, Duration];

/** Reads a range into integer nanoseconds, both ends included. Throws `LC_BAD_DURATION`. */
export function parseRangeNs(
  value: DurationRange,
  what = "range",
): { minNs: number; maxNs: number } {
  const ends: readonly Duration[] = Array.isArray(value)
    ? (value as readonly Duration[])
    : typeof value === "string"
      ? value.split("..")
      : [value as Duration];
  const [from, to = from] = ends as [Duration, Duration?];
  if (ends.length > 2) {
    throw new LightconeError(
      "LC_BAD_DURATION",
      `${what}: ${JSON.stringify(value)} is not a range from one duration to another`,
    );
  }
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
