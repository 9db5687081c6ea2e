/**
 * `Temporal`, which Node 26 has: the real one, since it does not depend on the current time, except
 * for `Temporal.Now`, which reads the wall clock of the process's host.
 */
import type { Process } from "../sim/process.ts";

/** The parts of the real one that are used. TypeScript's library does not have it yet. */
interface RealTemporal {
  readonly Now: { timeZoneId(): string };
  readonly Instant: new (epochNanoseconds: bigint) => Instant;
}

interface Instant {
  toZonedDateTimeISO(timeZone: unknown): ZonedDateTime;
}

interface ZonedDateTime {
  toPlainDateTime(): unknown;
  toPlainDate(): unknown;
  toPlainTime(): unknown;
}

/** Saved when this file is loaded. During a run, the name returns the running process's own. */
const real: RealTemporal | undefined = (globalThis as { Temporal?: RealTemporal }).Temporal;

/** The real `Temporal.Now`, if it exists. Code in a world must not use it. */
export const realTemporalNow: object | undefined = real?.Now;

/** The zone of the running process, which V8 has while it runs. */
const zoneOf = real?.Now.timeZoneId as () => string;

const MS_IN_NS = 1_000_000;

/** Creates the namespace of one process. Returns `undefined` if this Node has none. */
export function createTemporal(process: Process): object | undefined {
  if (real === undefined) return undefined;
  const { Instant } = real;
  const instant = (): Instant => {
    const wallMs = process.readWallMs();
    const wholeMs = Math.floor(wallMs);
    const restNs = Math.floor((wallMs - wholeMs) * MS_IN_NS);
    return new Instant(BigInt(wholeMs) * BigInt(MS_IN_NS) + BigInt(restNs));
  };
  const zoned = (zone: unknown): ZonedDateTime => instant().toZonedDateTimeISO(zone);
  // As methods they are not constructors, like the real ones.
  const methods = {
    instant: () => instant(),
    timeZoneId: zoneOf,
    plainDateTimeISO: (zone: unknown = zoneOf()) => zoned(zone).toPlainDateTime(),
    zonedDateTimeISO: (zone: unknown = zoneOf()) => zoned(zone),
    plainDateISO: (zone: unknown = zoneOf()) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone: unknown = zoneOf()) => zoned(zone).toPlainTime(),
  };
  const now = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(real.Now)) as object;
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(now, name, { value, writable: true, configurable: true });
  }
  return Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(real),
    Now: { value: now, writable: true, configurable: true },
  }) as object;
}
