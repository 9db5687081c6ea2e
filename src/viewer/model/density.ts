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

/** Counts the events between two positions of the axis, in `columns` columns. `shown`: 1 for each row to count. */
export function binEvents(
  { trace, lanes, laneOfHost }: Run,
  axis: Axis,
  from: number,
  to: number,
  columns: number,
  shown?: Uint8Array,
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
      const count = (counts[at] as number) + 1;
      counts[at] = count;
      if (count > max) max = count;
    }
  }
  return { columns, lanes: lanes.length, counts, max };
}
