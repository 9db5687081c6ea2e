/** A part of what committed: to find the smallest part of a history that still violates. */
import { FIRST, type Committed } from "./committed.ts";
import { EdgeList, PROCESS } from "./graph.ts";
import { addRealtimeOrder, type Timeline } from "./precedence.ts";
import { OK } from "./table.ts";

/**
 * Only the transactions in `keep`; reads of what others wrote are left out. Whatever explains the whole
 * explains this too, so if nothing explains this, nothing explains the whole.
 */
export function restrict(committed: Committed, keep: readonly number[]): Committed {
  const renumbered = new Int32Array(committed.count).fill(-1);
  keep.forEach((c, i) => (renumbered[c] = i));
  const readStart: number[] = [];
  const readKey: number[] = [];
  const readFrom: number[] = [];
  const writeStart: number[] = [];
  const writeKey: number[] = [];
  for (const c of keep) {
    readStart.push(readKey.length);
    writeStart.push(writeKey.length);
    for (
      let i = committed.readStart[c] as number;
      i < (committed.readStart[c + 1] as number);
      i++
    ) {
      const from = committed.readFrom[i] as number;
      if (from !== FIRST && (renumbered[from] as number) < 0) continue;
      readKey.push(committed.readKey[i] as number);
      readFrom.push(from === FIRST ? FIRST : (renumbered[from] as number));
    }
    for (
      let i = committed.writeStart[c] as number;
      i < (committed.writeStart[c + 1] as number);
      i++
    ) {
      writeKey.push(committed.writeKey[i] as number);
    }
  }
  readStart.push(readKey.length);
  writeStart.push(writeKey.length);
  const numberOf = new Int32Array(committed.table.count).fill(-1);
  keep.forEach((c, i) => (numberOf[committed.row[c] as number] = i));
  return {
    table: committed.table,
    count: keep.length,
    row: Int32Array.from(keep, (c) => committed.row[c] as number),
    numberOf,
    readStart: Int32Array.from(readStart),
    readKey: Int32Array.from(readKey),
    readFrom: Int32Array.from(readFrom),
    writeStart: Int32Array.from(writeStart),
    writeKey: Int32Array.from(writeKey),
  };
}

/** An order that a level respects besides the data's. */
export type Precedence = "none" | "session" | "realtime";

/** The edges of that order between committed transactions. */
export function precedenceEdges(committed: Committed, precedence: Precedence): EdgeList {
  const edges = new EdgeList();
  if (precedence === "none") return edges;
  const { table, row, count } = committed;
  if (precedence === "realtime") {
    const timeline: Timeline = {
      count,
      outcome: Uint8Array.from(row, (t) => table.outcome[t] as number),
      process: Int32Array.from(row, (t) => table.process[t] as number),
      processes: table.processes,
      invokeRank: Float64Array.from(row, (t) => table.invokeRank[t] as number),
      completeRank: Float64Array.from(row, (t) => table.completeRank[t] as number),
    };
    addRealtimeOrder(timeline, edges);
    return edges;
  }
  addSessionOrder(committed, edges);
  return edges;
}

/** Each transaction follows the last of its session that is known to have ended before. */
function addSessionOrder(committed: Committed, edges: EdgeList): void {
  const { table, row, count } = committed;
  const last = new Int32Array(table.processes.length).fill(-1);
  const order = Array.from({ length: count }, (_, c) => c);
  const begin = (c: number): number => table.invokeRank[row[c] as number] as number;
  let sorted = true;
  for (let c = 1; c < count && sorted; c++) sorted = begin(c - 1) <= begin(c);
  if (!sorted) order.sort((a, b) => begin(a) - begin(b));
  for (const c of order) {
    const t = row[c] as number;
    const process = table.process[t] as number;
    const before = last[process] as number;
    if (before >= 0) edges.add(before, c, PROCESS);
    // A crashed transaction may take effect after its session has gone on.
    if (table.outcome[t] === OK) last[process] = c;
  }
}
