/**
 * Which few faults of a run could be enough for its violation. In a system whose course depends on every
 * fault before (a killed worker starts again at another moment, and all that follows is different), no part of the schedule
 * shows the violation with the same seed, although one or two faults are all that it needs. Delta debugging then
 * keeps them all. The faults that were in effect last before the violation are the best guess, and other seeds try them
 * at other moments of the programs. Pure.
 */
import type { Fault } from "../sim/faults/index.ts";
import type { Story } from "../trace/story.ts";

type Schedule = readonly Fault[];

/** The faults of a run that had begun by then, the ones last in effect first. */
export function nearestFaults(schedule: Schedule, violatedNs: number): Fault[] {
  const lastNs = ({ startNs, durationNs }: Fault): number => {
    return Math.min(startNs + durationNs, violatedNs);
  };
  return schedule
    .filter(({ startNs }) => startNs <= violatedNs)
    .toSorted((a, b) => lastNs(b) - lastNs(a) || b.startNs - a.startNs);
}

/** The schedules with so many of these faults, those of the nearest ones first, in the order of the schedule. */
export function smallSchedules(
  schedule: Schedule,
  nearest: readonly Fault[],
  size: number,
): Schedule[] {
  return subsets(nearest, size).map((few) => schedule.filter((fault) => few.includes(fault)));
}

/** How much nearer to one another faults are brought; the tries of one schedule take these in turn. */
const NEARER: readonly number[] = [1, 2, 4, 8];
/** With so many other seeds each gap is tried. */
const SEEDS_PER_GAP = 4;
/** With so many other seeds a single fault is tried, whose time the seeds alone vary. */
const SEEDS_ALONE = 8;

/** With how many other seeds a schedule is tried. */
export function otherSeeds(schedule: Schedule): number {
  return schedule.length > 1 ? NEARER.length * SEEDS_PER_GAP : SEEDS_ALONE;
}

/**
 * A schedule for the try number `at` with another seed: as it is, or with the gaps between its faults divided by two, four or
 * eight. The last one keeps its time. Two faults that must hit the same moment may have done so only because earlier
 * ones had made that moment long.
 */
export function retimed(schedule: Schedule, at: number): Schedule {
  const by = NEARER[at % NEARER.length] as number;
  const last = schedule.at(-1);
  if (by === 1 || last === undefined) return schedule;
  return schedule.map((fault) => {
    const gapNs = last.startNs - fault.startNs;
    return { ...fault, startNs: last.startNs - Math.round(gapNs / by) };
  });
}

function subsets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  const out: T[][] = [];
  // By their last member, so that all subsets of the first few come before those with a later one.
  for (let last = size - 1; last < items.length; last++) {
    const rest = subsets(items.slice(0, last), size - 1);
    for (const some of rest) out.push([...some, items[last] as T]);
  }
  return out;
}

/** When a violation shows, as its story tells it: the last line that is about no fault. */
export function shownNs({ lines }: Story): number {
  const times = lines.filter(({ who }) => who !== "fault").map(({ atNs }) => atNs);
  return times.length === 0 ? Infinity : Math.max(...times);
}
