/** What the programs of a host had told of their state at a moment. */
import type { StateDetail } from "../../trace/details.ts";
import { Kind } from "../../trace/kinds.ts";
import { detailOf } from "./rows.ts";
import type { Run } from "./run.ts";

/** A part of a program's state. */
export interface ToldState {
  readonly name: string;
  readonly value: unknown;
  /** The process that told it. */
  readonly pid: number;
  /** The event in which it was told. */
  readonly event: number;
}

/** By run: the rows of `state` events, and of ends of processes, which take their state with them. */
const known = new WeakMap<Run, readonly number[]>();

/** The latest value of each name that the programs of `host` had told by event `id`, in the order of the names. */
export function toldState(run: Run, host: number, id: number): ToldState[] {
  const { trace } = run;
  const told = new Map<string, ToldState>();
  for (const row of rowsOf(run)) {
    if (row >= id) break;
    if (trace.host[row] !== host) continue;
    const { pid, name, value } = (detailOf(trace, row) ?? {}) as StateDetail;
    if (trace.kind[row] === Kind.exit) {
      for (const [key, each] of told) if (each.pid === pid) told.delete(key);
    } else told.set(`${pid} ${name}`, { pid, name, value, event: row + 1 });
  }
  return [...told.values()].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function rowsOf(run: Run): readonly number[] {
  let rows = known.get(run);
  if (!rows) {
    const { kind, length } = run.trace;
    const found: number[] = [];
    for (let row = 0; row < length; row++) {
      if (kind[row] === Kind.state || kind[row] === Kind.exit) found.push(row);
    }
    known.set(run, (rows = found.some((row) => kind[row] === Kind.state) ? found : []));
  }
  return rows;
}
