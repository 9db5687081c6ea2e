/** How many events there are where: the picture of what is too dense for arrows, and the minimap. */
import type { Axis } from "./axis.ts";
import type { Run } from "./run.ts";

/** The number of events by lane and column. */
export interface Density {
  readonly columns: number;
  readonly lanes: number;
  /** Lane by lane. */
  readonly counts: Uint32Array;
  /** The greatest of `counts`. */
  readonly max: number;
}

/** The whole run is counted once in this many columns; wide windows are put together from them. */
const FINE_COLUMNS = 16_384;
/** Runs with fewer events are counted anew for each window. */
const FINE_EVENTS = 50_000;

/**
 * Counts the events between two positions of the axis, in `columns` columns. `shown`: 1 for each row to count. In a
 * wide window of a long run, columns begin where the nearest of {@link FINE_COLUMNS} does.
 */
export function binEvents(
  run: Run,
  axis: Axis,
  from: number,
  to: number,
  columns: number,
  shown?: Uint8Array,
): Density {
  const isWide = (to - from) / columns >= axis.end / FINE_COLUMNS;
  if (!isWide || run.trace.length < FINE_EVENTS) return count(run, axis, from, to, columns, shown);
  const fine = fineOf(run, axis, shown);
  const lanes = run.lanes.length;
  const counts = new Uint32Array(columns * Math.max(1, lanes));
  const scale = FINE_COLUMNS / axis.end;
  const edges = Array.from({ length: columns + 1 }, (_, column) => {
    const at = Math.floor((from + (column * (to - from)) / columns) * scale);
    return Math.max(0, Math.min(FINE_COLUMNS, at));
  });
  let max = 0;
  for (let lane = 0; lane < lanes; lane++) {
    const start = lane * FINE_COLUMNS;
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let at = edges[column] as number; at < (edges[column + 1] as number); at++) {
        sum += fine[start + at] as number;
      }
      counts[lane * columns + column] = sum;
      if (sum > max) max = sum;
    }
  }
  return { columns, lanes, counts, max };
}

const fineCounts = new WeakMap<Axis, WeakMap<object, Uint32Array>>();

/** The counts of the whole run in {@link FINE_COLUMNS}, kept as long as the axis and the flags. */
function fineOf(run: Run, axis: Axis, shown: Uint8Array | undefined): Uint32Array {
  let ofAxis = fineCounts.get(axis);
  if (!ofAxis) fineCounts.set(axis, (ofAxis = new WeakMap()));
  const key = shown ?? run;
  let counts = ofAxis.get(key);
  // The last event lies at the very end of the axis.
  const end = axis.end * (1 + 1e-12) + 1e-3;
  if (!counts) ofAxis.set(key, (counts = count(run, axis, 0, end, FINE_COLUMNS, shown).counts));
  return counts;
}

function count(
  { trace, lanes, laneOfHost }: Run,
  axis: Axis,
  from: number,
  to: number,
  columns: number,
  shown: Uint8Array | undefined,
): Density {
  const counts = new Uint32Array(columns * Math.max(1, lanes.length));
  const { host } = trace;
  let max = 0;
  let row = axis.rowAt(from);
  for (let column = 0; column < columns; column++) {
    // The rows of a column are found by its end, so that no position of an event has to be computed.
    const end = axis.rowAt(from + ((column + 1) * (to - from)) / columns);
    for (; row < end; row++) {
      if (shown && shown[row] !== 1) continue;
      const lane = laneOfHost[host[row] as number] as number;
      if (lane < 0) continue;
      const at = lane * columns + column;
      const total = (counts[at] as number) + 1;
      counts[at] = total;
      if (total > max) max = total;
    }
  }
  return { columns, lanes: lanes.length, counts, max };
}
