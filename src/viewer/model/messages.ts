/** Messages: each `send` with what became of it. */
import { Kind } from "../../trace/kinds.ts";
import { CHANGED, type PacketDetail } from "../../trace/packet.ts";
import type { Trace } from "../../trace/trace.ts";
import { detailOf } from "./rows.ts";

/** What became of a message. The numbers are indices of {@link fateNames}. */
export const Fate = {
  delivered: 0,
  dropped: 1,
  duplicated: 2,
  transit: 3,
  delayed: 4,
  corrupted: 5,
} as const;

/** The names of the fates, for people and for filters. */
export const fateNames = [
  "delivered",
  "dropped",
  "duplicated",
  "in transit",
  "delayed",
  "corrupted",
] as const;

/** The messages of a run in columns, in the order of their sending. A duplicate is a message of its own. */
export interface Messages {
  readonly length: number;
  /** The id of the `send`. */
  readonly send: Uint32Array;
  /** The id of the `receive` or `drop`; 0 for a message that was in transit at the end. */
  readonly end: Uint32Array;
  /** Host numbers. */
  readonly from: Uint16Array;
  readonly to: Uint16Array;
  readonly fate: Uint8Array;
  /** The greatest `end` of this message and all before it: where a search for earlier ones can stop. */
  readonly endMax: Uint32Array;
  /** The index plus one of the message that an event belongs to, by row; 0 for none. */
  readonly ofRow: Uint32Array;
}

/** A delivery that takes more than this many times the usual, and more than this time, is drawn as delayed. */
const DELAYED_TIMES = 8;
const DELAYED_MIN_NS = 20e6;

/** Pairs the `send` events of a trace with their `receive` and `drop` events. */
export function indexMessages(trace: Trace): Messages {
  const { length: rows, kind, host } = trace;
  let count = 0;
  for (let row = 0; row < rows; row++) if (kind[row] === Kind.send) count++;
  // A second arrival of one send is a message of its own.
  const arrivals = new Uint8Array(rows);
  let extra = 0;
  for (let row = 0; row < rows; row++) {
    if (kind[row] !== Kind.receive) continue;
    const sent = sentRow(trace, row);
    if (sent < 0) continue;
    if ((arrivals[sent] as number) > 0) extra++;
    arrivals[sent] = Math.min(255, (arrivals[sent] as number) + 1);
  }
  const total = count + extra;
  const send = new Uint32Array(total);
  const end = new Uint32Array(total);
  const from = new Uint16Array(total);
  const to = new Uint16Array(total);
  const fate = new Uint8Array(total).fill(Fate.transit);
  const ofRow = new Uint32Array(rows);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    if (kind[row] !== Kind.send) continue;
    ofRow[row] = next + 1;
    for (let copy = 0; copy < Math.max(1, arrivals[row] as number); copy++) {
      send[next] = row + 1;
      from[next] = host[row] as number;
      next++;
    }
  }
  for (let row = 0; row < rows; row++) {
    if (kind[row] !== Kind.receive && kind[row] !== Kind.drop) continue;
    const sent = sentRow(trace, row);
    if (sent < 0) continue;
    let index = (ofRow[sent] as number) - 1;
    // A drop after a receive is the loss at a full receive buffer: the message's end is the drop.
    if (kind[row] === Kind.receive)
      while (end[index] !== 0 && send[index + 1] === sent + 1) index++;
    end[index] = row + 1;
    to[index] = host[row] as number;
    ofRow[row] = index + 1;
    const isDrop = kind[row] === Kind.drop;
    const isCopy = (arrivals[sent] as number) > 1;
    fate[index] = isDrop
      ? Fate.dropped
      : isChanged(trace, row)
        ? Fate.corrupted
        : isCopy
          ? Fate.duplicated
          : Fate.delivered;
  }
  const numbers = new Map(trace.hosts.map((name, number) => [name, number]));
  for (let index = 0; index < total; index++) {
    if (end[index] !== 0 && (fate[index] !== Fate.dropped || to[index] !== 0)) continue;
    const detail = detailOf(trace, (send[index] as number) - 1) as PacketDetail | undefined;
    to[index] = (detail && numbers.get(detail.to)) ?? (from[index] as number);
  }
  markDelayed(trace, { send, end, fate });
  const endMax = new Uint32Array(total);
  let greatest = 0;
  for (let index = 0; index < total; index++) {
    greatest = Math.max(greatest, (end[index] as number) || rows);
    endMax[index] = greatest;
  }
  return { length: total, send, end, from, to, fate, endMax, ofRow };
}

/** Whether what arrives in a `receive` is not what was sent. */
function isChanged(trace: Trace, row: number): boolean {
  return (detailOf(trace, row) as PacketDetail | undefined)?.reason === CHANGED;
}

/** The row of the `send` that a `receive` or `drop` is about, or -1. */
function sentRow({ kind, cause }: Trace, row: number): number {
  let at = cause[row] as number;
  // What is lost on arrival has its receive as the cause.
  if (at > 0 && kind[row] === Kind.drop && kind[at - 1] === Kind.receive) {
    at = cause[at - 1] as number;
  }
  return at > 0 && kind[at - 1] === Kind.send ? at - 1 : -1;
}

function markDelayed(
  { timeNs }: Trace,
  { send, end, fate }: { send: Uint32Array; end: Uint32Array; fate: Uint8Array },
): void {
  const flight = (index: number): number =>
    (timeNs[(end[index] as number) - 1] as number) -
    (timeNs[(send[index] as number) - 1] as number);
  const step = Math.max(1, Math.floor(send.length / 2_048));
  const sample: number[] = [];
  for (let index = 0; index < send.length; index += step) {
    if (fate[index] === Fate.delivered) sample.push(flight(index));
  }
  if (sample.length === 0) return;
  sample.sort((a, b) => a - b);
  const usualNs = sample[sample.length >>> 1] as number;
  const limitNs = Math.max(DELAYED_MIN_NS, DELAYED_TIMES * usualNs);
  for (let index = 0; index < send.length; index++) {
    if (fate[index] === Fate.delivered && flight(index) > limitNs) fate[index] = Fate.delayed;
  }
}

/**
 * Calls `visit` with the index of each message of which a part lies within the events `first` to `last`, until
 * it returns false.
 */
export function messagesWithin(
  messages: Messages,
  first: number,
  last: number,
  visit: (index: number) => boolean | void,
): void {
  const { length, send, end, endMax } = messages;
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((send[middle] as number) < first) low = middle + 1;
    else high = middle;
  }
  for (let index = low - 1; index >= 0 && (endMax[index] as number) >= first; index--) {
    const ends = end[index] as number;
    if (ends !== 0 && ends < first) continue;
    // What is in transit at the end is drawn only near its sending.
    if (ends === 0) continue;
    if (visit(index) === false) return;
  }
  for (let index = low; index < length && (send[index] as number) <= last; index++) {
    if (visit(index) === false) return;
  }
}
