/**
 * Crash points: one run for each point at which a program of a host may crash, instead of points that a seed draws. A
 * run without faults counts the calls that change files and the steps that programs name. Then the same run is made
 * again and again, with a crash right before each of them: of the process, and of the machine with each way in which
 * a disk may keep what was not synced.
 */
import { LightconeError } from "../base/errors.ts";
import { SECOND } from "../base/units.ts";
import { powerLossWays } from "../sim/disk/index.ts";
import type { Fault } from "../sim/faults/index.ts";
import type { RunRequest } from "../world/outcome.ts";
import type { RunnerPool } from "./pool.ts";

/** How long the host is down. */
const DOWN_NS = SECOND;
/** The ways in which it crashes: the process alone, or the machine, of whose disk something is lost. */
const ways = [
  { how: "process" },
  ...powerLossWays.map((keeps) => ({ how: "machine", keeps })),
] as const;

/** The runs that crash a host at each of its points. */
export interface CrashPoints {
  readonly host: string;
  /** How many points there are. */
  readonly points: number;
  /** How many ways to crash are tried at each. */
  readonly ways: number;
  /** The runs: all points for the first way, then all points for the next. */
  readonly cases: readonly RunRequest[];
}

/** Finds the crash points of a host in the run of a seed. Throws `LC_NO_CRASH_POINTS` if there are none. */
export async function crashPoints(
  pool: RunnerPool,
  { seed, host }: { readonly seed: number; readonly host: string },
): Promise<CrashPoints> {
  const { moments = 0 } = await pool.run({ seed, schedule: [], momentsOf: host });
  if (moments === 0) {
    throw new LightconeError(
      "LC_NO_CRASH_POINTS",
      `${host} changes no file before the calm, and comes to no step`,
      'Name a host that keeps something on its disk, or mark points of its program with step("charged").',
    );
  }
  const cases = ways.flatMap((way) => {
    return Array.from({ length: moments }, (_, at): RunRequest => {
      const params = { when: "before", nth: at + 1, downNs: DOWN_NS, ...way };
      // It waits for its point from the first instant to the calm.
      const durationNs = pool.info.durationNs;
      const fault: Fault = { kind: "crash-at", targets: [host], startNs: 0, durationNs, params };
      return { seed, schedule: [fault] };
    });
  });
  return { host, points: moments, ways: ways.length, cases };
}
