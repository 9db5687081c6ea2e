/**
 * The axis of the diagram: where an event lies. By virtual time, with idle gaps folded or not, or by rank, which
 * spaces events evenly. Positions are in nanoseconds or in events; 64-bit floats, since 32 bits cannot hold both
 * minutes and microseconds.
 */
import { rowAt } from "./rows.ts";

/** What the axis shows. */
export type AxisMode = "time" | "folded" | "rank";

/** A gap without events that the axis shows shorter than it is. */
export interface Fold {
  readonly fromNs: number;
  readonly toNs: number;
  /** For a beginning that two runs have in common: the number of its events. */
  readonly events?: number;
  /** Where it begins and ends on the axis. */
  readonly from: number;
  readonly to: number;
}

/** An axis. */
export interface Axis {
  readonly mode: AxisMode;
  /** The last position. */
  readonly end: number;
  readonly folds: readonly Fold[];
  /** The position of event `id`. */
  ofEvent(id: number): number;
  /** The position of a moment. */
  ofTime(timeNs: number): number;
  /** The moment at a position. */
  timeAt(position: number): number;
  /** The first row at or after a position. */
  rowAt(position: number): number;
}

/** A gap of at least this share of the run is folded... */
const FOLD_SHARE = 0.02;
/** ...to this share of it. */
const FOLDED_SHARE = 0.006;

/** A beginning that is folded: until when, and the number of its events. */
export interface Beginning {
  readonly untilNs: number;
  readonly events: number;
}

/** Builds an axis over the times of all events. `common`: a beginning to fold, unless events are shown by rank. */
export function buildAxis(
  mode: AxisMode,
  timeNs: Float64Array,
  endNs: number,
  common?: Beginning,
): Axis {
  if (mode === "rank") return rankAxis(timeNs, endNs);
  const folds = findFolds(timeNs, endNs, mode === "folded", common);
  const ofTime = (at: number): number => {
    let lost = 0;
    for (const fold of folds) {
      if (at <= fold.fromNs) break;
      if (at < fold.toNs) {
        const share = (at - fold.fromNs) / (fold.toNs - fold.fromNs);
        return fold.from + share * (fold.to - fold.from);
      }
      lost = fold.toNs - fold.to;
    }
    return at - lost;
  };
  const timeAt = (position: number): number => {
    let lost = 0;
    for (const fold of folds) {
      if (position <= fold.from) break;
      if (position < fold.to) {
        const share = (position - fold.from) / (fold.to - fold.from);
        return fold.fromNs + share * (fold.toNs - fold.fromNs);
      }
      lost = fold.toNs - fold.to;
    }
    return position + lost;
  };
  return {
    mode,
    end: Math.max(1, ofTime(endNs)),
    folds,
    ofEvent: (id) => ofTime(timeNs[id - 1] as number),
    ofTime,
    timeAt,
    rowAt: (position) => rowAt(timeNs, timeAt(position)),
  };
}

function rankAxis(timeNs: Float64Array, endNs: number): Axis {
  const count = timeNs.length;
  return {
    mode: "rank",
    end: Math.max(1, count),
    folds: [],
    ofEvent: (id) => id - 1,
    ofTime: (at) => rowAt(timeNs, at),
    timeAt: (position) => {
      const row = Math.floor(position);
      if (row < 0) return 0;
      return row >= count ? endNs : (timeNs[row] as number);
    },
    rowAt: (position) => Math.min(count, Math.max(0, Math.ceil(position))),
  };
}

function findFolds(
  timeNs: Float64Array,
  endNs: number,
  idle: boolean,
  common: Beginning | undefined,
): Fold[] {
  const folds: Fold[] = [];
  const leastNs = endNs * FOLD_SHARE;
  let before = 0;
  let lost = 0;
  const add = (fromNs: number, toNs: number, events?: number): void => {
    const lengthNs = Math.min(toNs - fromNs, endNs * FOLDED_SHARE);
    const span = { fromNs, toNs, from: fromNs - lost, to: fromNs - lost + lengthNs };
    folds.push(events === undefined ? span : { ...span, events });
    lost += toNs - fromNs - lengthNs;
  };
  if (common && common.untilNs > 0) {
    add(0, common.untilNs, common.events);
    before = common.untilNs;
  }
  if (!idle) return folds;
  for (let row = rowAt(timeNs, before); row < timeNs.length; row++) {
    const at = timeNs[row] as number;
    if (at - before >= leastNs) add(before, at);
    before = at;
  }
  if (endNs - before >= leastNs) add(before, endNs);
  return folds;
}

/** Round steps for ticks: the least one of 1, 2 or 5 times a power of ten that is at least `least`. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  for (const times of [1, 2, 5]) if (power * times >= least) return power * times;
  return power * 10;
}
