/**
 * When a run starts on a wall clock. Programs that compute with dates fail where the calendar is irregular, so a
 * drawn start is often shortly before such a moment.
 */
import type { Prng } from "../base/prng.ts";
import { WORLD_EPOCH_MS } from "../base/units.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Drawn dates lie in these years, which include a leap year. */
const FIRST_YEAR = 2026;
const YEARS = 4;
/** The share of drawn starts that are shortly before an irregular moment, and the longest time before it. */
const SPECIAL_PROBABILITY = 0.75;
const BEFORE_MS = MINUTE_MS;

/** The start of a run, in milliseconds since 1970. */
export function startMs(start: number | "drawn" | undefined, prng: Prng): number {
  if (start !== "drawn") return start ?? WORLD_EPOCH_MS;
  const draws = prng.fork("start-date");
  const year = FIRST_YEAR + draws.below(YEARS);
  if (!draws.chance(SPECIAL_PROBABILITY)) {
    return Date.UTC(year, 0, 1) + draws.below(365) * DAY_MS + draws.below(DAY_MS);
  }
  return draws.pick(irregularMs(year)) - draws.below(BEFORE_MS);
}

/** The irregular moments of a year, in milliseconds since 1970. */
function irregularMs(year: number): number[] {
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  return [
    // Summer time begins and ends in Europe, and in most of North America (Eastern Time).
    lastSunday(year, 2) + 60 * MINUTE_MS,
    lastSunday(year, 9) + 60 * MINUTE_MS,
    nthSunday(year, 2, 2) + 7 * 60 * MINUTE_MS,
    nthSunday(year, 10, 1) + 6 * 60 * MINUTE_MS,
    // A month, February and the year end.
    Date.UTC(year, 4, 1),
    Date.UTC(year, 2, 1),
    Date.UTC(year + 1, 0, 1),
    ...(isLeap ? [Date.UTC(year, 1, 29), Date.UTC(year, 2, 1)] : []),
  ];
}

function lastSunday(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0));
  return last.getTime() - last.getUTCDay() * DAY_MS;
}

function nthSunday(year: number, month: number, nth: number): number {
  const first = new Date(Date.UTC(year, month, 1));
  const days = ((7 - first.getUTCDay()) % 7) + (nth - 1) * 7;
  return first.getTime() + days * DAY_MS;
}
