/**
 * Compares two runs: how long they are the same, the first event that differs, and what each lane of one has that
 * the other has not.
 */
import { Kind } from "../../trace/kinds.ts";
import { describeEvent } from "./describe.ts";
import { isNotable } from "./rows.ts";
import type { Run } from "./run.ts";

/** One row of a comparison. */
export interface Difference {
  readonly host: string;
  readonly text: string;
  /** The event in either run; 0 where it is only in the other one. */
  readonly left: number;
  readonly right: number;
  readonly change: "left only" | "right only" | "moved";
}

/** The result of a comparison. */
export interface Comparison {
  /** How many events are the same at the beginning of both, in order, time and content. */
  readonly common: number;
  /** The first event that differs; 0 if the runs are the same. */
  readonly first: number;
  /** What differs after that, in order of time, up to a limit. */
  readonly differences: readonly Difference[];
  /** Whether there are more than are listed. */
  readonly cut: boolean;
}

/** At most this many events of one lane are aligned. */
const LANE_MAX = 1_500;
const DIFFERENCES_MAX = 500;

/** Compares two runs by what their lanes did: alignment by the longest common subsequence of each lane. */
export function compareRuns(left: Run, right: Run): Comparison {
  const common = commonEvents(left, right);
  const same = common === left.trace.length && common === right.trace.length;
  if (same) return { common, first: 0, differences: [], cut: false };
  const differences: Difference[] = [];
  let cut = false;
  const names = new Set([...left.lanes, ...right.lanes].map(({ name }) => name));
  for (const name of names) {
    const a = laneEvents(left, name, common);
    const b = laneEvents(right, name, common);
    if (a.cut || b.cut) cut = true;
    differences.push(...alignLane(name, left, right, a.ids, b.ids));
  }
  const timeOf = ({ left: a, right: b }: Difference): number =>
    (a > 0 ? left.trace.timeNs[a - 1] : right.trace.timeNs[b - 1]) as number;
  differences.sort((a, b) => timeOf(a) - timeOf(b) || b.left - a.left);
  return {
    common,
    first: common + 1,
    differences: differences.slice(0, DIFFERENCES_MAX),
    cut: cut || differences.length > DIFFERENCES_MAX,
  };
}

function commonEvents({ trace: a, ...left }: Run, { trace: b, ...right }: Run): number {
  const most = Math.min(a.length, b.length);
  for (let row = 0; row < most; row++) {
    const same =
      a.timeNs[row] === b.timeNs[row] &&
      a.host[row] === b.host[row] &&
      a.kind[row] === b.kind[row] &&
      a.cause[row] === b.cause[row] &&
      (a.detail[row] === 0) === (b.detail[row] === 0);
    if (!same) return row;
    if (a.detail[row] === 0 || a.kind[row] === Kind.send) continue;
    const texts = [
      describeEvent({ trace: a, ...left }, row + 1),
      describeEvent({ trace: b, ...right }, row + 1),
    ];
    if (texts[0] !== texts[1]) return row;
  }
  return most;
}

function laneEvents(
  { trace }: Run,
  name: string,
  afterRow: number,
): { readonly ids: number[]; readonly cut: boolean } {
  const host = trace.hosts.indexOf(name);
  const ids: number[] = [];
  for (let row = afterRow; row < trace.length; row++) {
    if (trace.host[row] !== host || !isNotable(trace.kind[row] as number)) continue;
    if (ids.length === LANE_MAX) return { ids, cut: true };
    ids.push(row + 1);
  }
  return { ids, cut: false };
}

function alignLane(
  host: string,
  left: Run,
  right: Run,
  a: readonly number[],
  b: readonly number[],
): Difference[] {
  const textsA = a.map((id) => describeEvent(left, id));
  const textsB = b.map((id) => describeEvent(right, id));
  const kept = longestCommon(textsA, textsB);
  const out: Difference[] = [];
  const onlyA: number[] = [];
  const onlyB: number[] = [];
  for (let at = 0; at < a.length; at++) if (kept.left[at] === 0) onlyA.push(at);
  for (let at = 0; at < b.length; at++) if (kept.right[at] === 0) onlyB.push(at);
  // What is in both, but in another order, has moved.
  const waiting = new Map<string, number[]>();
  for (const at of onlyB) {
    const text = textsB[at] as string;
    waiting.set(text, [...(waiting.get(text) ?? []), at]);
  }
  const moved = new Set<number>();
  for (const at of onlyA) {
    const text = textsA[at] as string;
    const other = waiting.get(text)?.shift();
    if (other !== undefined) moved.add(other);
    out.push({
      host,
      text,
      left: a[at] as number,
      right: other === undefined ? 0 : (b[other] as number),
      change: other === undefined ? "left only" : "moved",
    });
  }
  for (const at of onlyB) {
    if (moved.has(at)) continue;
    const text = textsB[at] as string;
    out.push({ host, text, left: 0, right: b[at] as number, change: "right only" });
  }
  return out;
}

/** Flags of the elements of a longest common subsequence, in each list. */
function longestCommon(
  a: readonly string[],
  b: readonly string[],
): { readonly left: Uint8Array; readonly right: Uint8Array } {
  const left = new Uint8Array(a.length);
  const right = new Uint8Array(b.length);
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = table[(i + 1) * width + j] as number;
      const beside = table[i * width + j + 1] as number;
      table[i * width + j] =
        a[i] === b[j] ? (table[(i + 1) * width + j + 1] as number) + 1 : Math.max(below, beside);
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      left[i++] = 1;
      right[j++] = 1;
    } else if ((table[(i + 1) * width + j] as number) >= (table[i * width + j + 1] as number)) i++;
    else j++;
  }
  return { left, right };
}
