/**
 * `Temporal`, which Node 26 has: the real one, as it computes and knows nothing of now, save `Temporal.Now`,
 * which reads the wall clock of the process's host.
 */
import type { Process } from "../sim/process.ts";

/** What is used of the real one; TypeScript's library does not know it yet. */
interface RealTemporal {
  readonly Now: object;
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

/** Taken when this is loaded: during a run the name gives what the process has that runs. */
const real: RealTemporal | undefined = (globalThis as { Temporal?: RealTemporal }).Temporal;

/** The real `Temporal.Now`, where there is one, which nobody in a world may ask. */
export const realTemporalNow: object | undefined = real?.Now;

/** The time zone of all hosts. */
const ZONE = "UTC";

const MS_IN_NS = 1_000_000;

/** Makes the namespace of one process; `undefined` on a Node that has none. */
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
  // As methods they are no constructors, like the real ones.
  const methods = {
    instant: () => instant(),
    timeZoneId: () => ZONE,
    plainDateTimeISO: (zone: unknown = ZONE) => zoned(zone).toPlainDateTime(),
    zonedDateTimeISO: (zone: unknown = ZONE) => zoned(zone),
    plainDateISO: (zone: unknown = ZONE) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone: unknown = ZONE) => zoned(zone).toPlainTime(),
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
