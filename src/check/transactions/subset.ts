/** Restricts the committed part, to find the smallest part of a history that still violates a level. */
import { FIRST, type Committed } from "./committed.ts";
import { EdgeList, PROCESS } from "./graph.ts";
import { addRealtimeOrder, type Timeline } from "./precedence.ts";
import { OK } from "./table.ts";

/**
 * Restricts to the transactions in `keep`; reads of other transactions' writes are left out. An order that
 * explains the whole also explains the part, so if none explains the part, none explains the whole.
 */
export function restrict(committed: Committed, keep: readonly number[]): Committed {
  const renumbered = new Int32Array(committed.count).fill(-1);
  keep.forEach((c, i) => (renumbered[c] = i));
  const read = filterReads(committed, keep, renumbered, "read");
  const sight = filterReads(committed, keep, renumbered, "sight");
  const writeStart: number[] = [];
  const writeKey: number[] = [];
  for (const c of keep) {
    writeStart.push(writeKey.length);
    const end = committed.writeStart[c + 1] as number;
    for (let i = committed.writeStart[c] as number; i < end; i++) {
      writeKey.push(committed.writeKey[i] as number);
    }
  }
  writeStart.push(writeKey.length);
  const numberOf = new Int32Array(committed.table.count).fill(-1);
  keep.forEach((c, i) => (numberOf[committed.row[c] as number] = i));
  return {
    table: committed.table,
    count: keep.length,
    row: Int32Array.from(keep, (c) => committed.row[c] as number),
    numberOf,
    readStart: read.start,
    readKey: read.key,
    readFrom: read.from,
    sightStart: sight.start,
    sightKey: sight.key,
    sightFrom: sight.from,
    writeStart: Int32Array.from(writeStart),
    writeKey: Int32Array.from(writeKey),
  };
}

function filterReads(
  committed: Committed,
  keep: readonly number[],
  renumbered: Int32Array,
  which: "read" | "sight",
): { readonly start: Int32Array; readonly key: Int32Array; readonly from: Int32Array } {
  const starts = committed[`${which}Start`];
  const start: number[] = [];
  const key: number[] = [];
  const from: number[] = [];
  for (const c of keep) {
    start.push(key.length);
    for (let i = starts[c] as number; i < (starts[c + 1] as number); i++) {
      const source = committed[`${which}From`][i] as number;
      if (source !== FIRST && (renumbered[source] as number) < 0) continue;
      key.push(committed[`${which}Key`][i] as number);
      from.push(source === FIRST ? FIRST : (renumbered[source] as number));
    }
  }
  start.push(key.length);
  return {
    start: Int32Array.from(start),
    key: Int32Array.from(key),
    from: Int32Array.from(from),
  };
}

/** An order that a level respects in addition to data dependencies. */
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
    // Without a clock, the sessions' order is all that is known of real time.
    if (timeline.invokeRank.includes(-1)) addSessionOrder(committed, edges);
    return edges;
  }
  addSessionOrder(committed, edges);
  return edges;
}

/** Each transaction follows the last one of its session that is known to have ended before. */
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
    // A crashed transaction may take effect after its session has continued.
    if (table.outcome[t] === OK) last[process] = c;
  }
}
