/** `internalBinding('performance')`: the process's clock, its milestones, and histograms. */
import { constants as realConstants } from "node:perf_hooks";
import { MS } from "../../base/units.ts";
import { birthOf } from "../birth.ts";
import { highResolutionNs, UP_BEFORE_NS } from "../clock.ts";
import type { Realm } from "../realm-types.ts";
import { defineProperty } from "../views/safe.ts";
import { histogramsOf } from "./histograms.ts";

/**
 * This Node version's numbers of its milestones and kinds of entries. Some of them are not public.
 */
const numbers = realConstants as unknown as Readonly<Record<string, number>>;

const realConstantProperties = Object.getOwnPropertyDescriptors(realConstants);

/** The time after which a program's first line runs. */
const START_UP_NS = 20 * MS;

/** When Node's start reached each milestone, as fractions of its duration. */
const reached: Readonly<Record<string, number>> = {
  TIME_ORIGIN: 0,
  NODE_START: 0.04,
  V8_START: 0.1,
  ENVIRONMENT: 0.4,
  BOOTSTRAP_COMPLETE: 0.8,
};

/** Even a waiting loop is busy at times. This is the fraction of the time that it is idle. */
const IDLE_SHARE = 1 - 1e-6;

/** The value of a milestone that has not been reached. */
const NOT_YET = -1;

/** Creates the binding of one process. */
export function performanceBinding(realm: Realm): object {
  const { process } = realm.context;
  const startNs = birthOf(process, realm.thread !== undefined) + UP_BEFORE_NS;
  // A thread's program runs within its loop, a process's program before it.
  const loopStartNs = (): number | undefined => {
    if (realm.thread !== undefined) return startNs + START_UP_NS;
    const { firstTurnEndNs } = process;
    return firstTurnEndNs === undefined ? undefined : firstTurnEndNs + UP_BEFORE_NS;
  };
  const milestones: Record<number, number> = {};
  const milestone = (name: string): number =>
    numbers[`NODE_PERFORMANCE_MILESTONE_${name}`] as number;
  for (const [name, share] of Object.entries(reached)) {
    milestones[milestone(name)] = startNs + share * START_UP_NS;
  }
  // A thread's clock is that of its process, with the same origin.
  const originNs = (realm.thread?.processBornNs ?? startNs - UP_BEFORE_NS) + UP_BEFORE_NS;
  const originMs = process.readWallMs() - (highResolutionNs(process) - originNs) / MS;
  milestones[milestone("TIME_ORIGIN_TIMESTAMP")] = originMs * 1_000;
  milestones[milestone("TIME_ORIGIN")] = originNs;
  defineProperty(milestones, milestone("LOOP_START"), { get: () => loopStartNs() ?? NOT_YET });
  const exitNs = (): number =>
    realm.process._exiting === true ? highResolutionNs(process) : NOT_YET;
  defineProperty(milestones, milestone("LOOP_EXIT"), { get: exitNs });
  const observers: { notify?: (...entry: unknown[]) => void } = {};
  return {
    now: () => (highResolutionNs(process) - originNs) / MS,
    milestones,
    observerCounts: new Uint32Array(8),
    constants: Object.create(Object.prototype, realConstantProperties) as object,
    observers,
    setupObservers: (notify: (...entry: unknown[]) => void) => {
      observers.notify = notify;
    },
    installGarbageCollectionTracking: () => {},
    removeGarbageCollectionTracking: () => {},
    notify: () => {},
    // The loop is idle whenever the program does not compute.
    loopIdleTime: () => {
      const beganNs = loopStartNs();
      if (beganNs === undefined) return 0;
      const idleNs = highResolutionNs(process) - beganNs - process.totalSpentNs;
      return (Math.max(0, idleNs) * IDLE_SHARE) / MS;
    },
    markBootstrapComplete: () => {},
    uvMetricsInfo: () => [0, 0, 0],
    uvMetricsBuffer: new Float64Array(3),
    getTimeOrigin: () => 0,
    getTimeOriginTimestamp: () => originMs,
    ...histogramsOf(process),
  };
}
