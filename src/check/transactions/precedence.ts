/**
 * The orders that do not depend on data: the order of each process (session), and real time. Both as
 * transitive reductions, so that a million transactions produce a few million edges.
 */
import { PROCESS, REALTIME, type EdgeList } from "./graph.ts";
import { OK, type TransactionTable } from "./table.ts";

/** The data from which these orders are computed; every table contains it. */
export type Timeline = Pick<
  TransactionTable,
  "count" | "outcome" | "process" | "processes" | "invokeRank" | "completeRank"
>;

/** Each ok transaction precedes the next ok one of its process. */
export function addProcessOrder(table: Timeline, edges: EdgeList): void {
  const last = new Int32Array(table.processes.length).fill(-1);
  for (const t of byCompletion(table)) {
    if (table.outcome[t] !== OK) continue;
    const process = table.process[t] as number;
    const previous = last[process] as number;
    if (previous >= 0) edges.add(previous, t, PROCESS);
    last[process] = t;
  }
}

/**
 * An ok transaction precedes every one that is invoked after its completion. Edges implied by others are
 * left out: a buffer holds the completed transactions that no later completed one follows.
 */
export function addRealtimeOrder(table: Timeline, edges: EdgeList): void {
  const { count, outcome } = table;
  const events = eventsOf(table);
  const rowStart = new Int32Array(count);
  const rowEnd = new Int32Array(count);
  const buffered = new Int32Array(count + 1);
  const place = new Int32Array(count).fill(-1);
  let size = 0;
  const to = edges.from;
  for (const event of events) {
    if (event >= 0) {
      rowStart[event] = edges.length;
      for (let i = 0; i < size; i++) edges.add(buffered[i] as number, event, REALTIME);
      rowEnd[event] = edges.length;
      continue;
    }
    const done = -1 - event;
    if (outcome[done] !== OK) continue;
    for (let i = rowStart[done] as number; i < (rowEnd[done] as number); i++) {
      const implied = to.data[i] as number;
      const at = place[implied] as number;
      if (at < 0) continue;
      place[implied] = -1;
      const moved = buffered[--size] as number;
      if (moved !== implied) {
        buffered[at] = moved;
        place[moved] = at;
      }
    }
    place[done] = size;
    buffered[size++] = done;
  }
}

/** All events by rank: `t` for the invocation of t, `-1 - t` for its completion. */
function eventsOf(table: Timeline): Int32Array {
  const { count, invokeRank, completeRank } = table;
  let highest = -1;
  let whole = true;
  for (let t = 0; t < count; t++) {
    const from = invokeRank[t] as number;
    const to = completeRank[t] as number;
    if (from > highest) highest = from;
    if (to !== Infinity && to > highest) highest = to;
    whole &&= Number.isInteger(from) && (to === Infinity || Number.isInteger(to));
  }
  if (!whole || highest > 8 * count + 1024) return sortedEvents(table);
  // Ranks are dense and without ties, so direct placement is faster than sorting.
  const none = -2147483648;
  const slots = new Int32Array(highest + 1).fill(none);
  for (let t = 0; t < count; t++) {
    if ((invokeRank[t] as number) >= 0) slots[invokeRank[t] as number] = t;
    if (completeRank[t] !== Infinity) slots[completeRank[t] as number] = -1 - t;
  }
  let write = 0;
  for (let i = 0; i <= highest; i++) if (slots[i] !== none) slots[write++] = slots[i] as number;
  return slots.subarray(0, write);
}

function sortedEvents(table: Timeline): Int32Array {
  const events: number[] = [];
  for (let t = 0; t < table.count; t++) {
    if ((table.invokeRank[t] as number) >= 0) events.push(t);
    if (table.completeRank[t] !== Infinity) events.push(-1 - t);
  }
  const rank = (event: number): number =>
    event >= 0 ? (table.invokeRank[event] as number) : (table.completeRank[-1 - event] as number);
  events.sort((a, b) => rank(a) - rank(b));
  return Int32Array.from(events);
}

/** Completed transactions in the order of their completions. */
export function byCompletion(table: Timeline): Int32Array {
  const completed = eventsOf(table).filter((event) => event < 0);
  for (let i = 0; i < completed.length; i++) completed[i] = -1 - (completed[i] as number);
  return completed;
}
