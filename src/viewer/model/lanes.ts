/** The lanes of the diagram: one for each host, hosts of one role beside each other. */
import { Kind } from "../../trace/kinds.ts";
import type { ClockDetail, PowerDetail } from "../../trace/details.ts";
import type { Trace } from "../../trace/trace.ts";
import type { FaultSpan } from "./faults.ts";
import { detailOf } from "./rows.ts";

/** A span of time on a lane, with the events at its ends (0 for none). */
export interface Span {
  readonly fromNs: number;
  readonly toNs: number;
  readonly began: number;
  readonly ended: number;
}

/** One host of the diagram. */
export interface Lane {
  /** The number of the host. */
  readonly host: number;
  readonly name: string;
  /** What hosts of its kind are called: "redis" for "redis-3". */
  readonly role: string;
  /** When a process of it was running. */
  readonly lives: readonly Span[];
  /** When its process was paused. */
  readonly paused: readonly Span[];
  /** When it had no power. */
  readonly dark: readonly Span[];
  /** How far its wall clock was from true time, from each of these moments on. */
  readonly clock: readonly { readonly atNs: number; readonly errorNs: number }[];
  /** The number of its events. */
  readonly events: number;
}

/** The role of a host: its name without a number at the end. */
export function roleOf(name: string): string {
  return name.replace(/[-_.]?\d+$/, "") || name;
}

/** Builds the lanes in the order of the hosts; a role is placed where its first host is. */
export function buildLanes(
  trace: Trace,
  faults: readonly FaultSpan[],
  endNs: number,
): { readonly lanes: Lane[]; readonly laneOfHost: Int16Array } {
  const count = trace.hosts.length;
  const events = new Uint32Array(count);
  const lives: Span[][] = Array.from({ length: count }, () => []);
  const dark: Span[][] = Array.from({ length: count }, () => []);
  const clocks: { atNs: number; errorNs: number }[][] = Array.from({ length: count }, () => []);
  /** By host: the rows in which its running processes started. A host may have several. */
  const running: number[][] = Array.from({ length: count }, () => []);
  const offSince = new Array<number | undefined>(count);
  for (let row = 0; row < trace.length; row++) {
    const host = trace.host[row] as number;
    if (host >= count) continue;
    events[host] = (events[host] as number) + 1;
    const kind = trace.kind[row] as number;
    if (kind !== Kind.start && kind !== Kind.exit && kind !== Kind.power && kind !== Kind.clock) {
      continue;
    }
    const atNs = trace.timeNs[row] as number;
    const open = running[host] as number[];
    if (kind === Kind.start) open.push(row);
    else if (kind === Kind.exit) {
      const began = open.shift();
      if (began === undefined || open.length > 0) continue;
      lives[host]?.push(spanOf(trace, began, row));
    } else if (kind === Kind.power) {
      const { on } = (detailOf(trace, row) ?? {}) as PowerDetail;
      const since = offSince[host];
      if (!on) offSince[host] ??= row;
      else if (since !== undefined) {
        dark[host]?.push(spanOf(trace, since, row));
        offSince[host] = undefined;
      }
    } else {
      clocks[host]?.push({ atNs, errorNs: ((detailOf(trace, row) ?? {}) as ClockDetail).errorNs });
    }
  }
  // A history says nothing of when its processes started.
  if (!trace.kind.includes(Kind.start)) {
    for (const each of lives) each.push({ fromNs: 0, toNs: endNs, began: 0, ended: 0 });
  }
  const lanes: Lane[] = [];
  for (let host = 1; host < count; host++) {
    const name = trace.hosts[host] as string;
    const [began] = running[host] as number[];
    if (began !== undefined) lives[host]?.push(openSpan(trace, began, endNs));
    const since = offSince[host];
    if (since !== undefined) dark[host]?.push(openSpan(trace, since, endNs));
    lanes.push({
      host,
      name,
      role: roleOf(name),
      lives: lives[host] as Span[],
      paused: faults
        .filter(({ kind, targets }) => kind === "pause" && targets.includes(name))
        .map(({ fromNs, toNs, began, lifted }) => ({ fromNs, toNs, began, ended: lifted })),
      dark: dark[host] as Span[],
      clock: clocks[host] as { atNs: number; errorNs: number }[],
      events: events[host] as number,
    });
  }
  const order = [...new Set(lanes.map(({ role }) => role))];
  lanes.sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  const laneOfHost = new Int16Array(count).fill(-1);
  lanes.forEach(({ host }, index) => (laneOfHost[host] = index));
  return { lanes, laneOfHost };
}

function spanOf(trace: Trace, from: number, to: number): Span {
  return {
    fromNs: trace.timeNs[from] as number,
    toNs: trace.timeNs[to] as number,
    began: from + 1,
    ended: to + 1,
  };
}

function openSpan(trace: Trace, from: number, endNs: number): Span {
  return { fromNs: trace.timeNs[from] as number, toNs: endNs, began: from + 1, ended: 0 };
}
