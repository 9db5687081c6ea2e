/**
 * Compares two runs: how long they are the same, the first event that differs, and what each lane of one has that
 * the other has not.
 */
import { Kind } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { describeEvent } from "./describe.ts";
import { detailOf, isNotable } from "./rows.ts";
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
  /**
   * How many events of hosts are the same at the beginning of both, in order, time, cause and content. Those of the
   * simulator, such as faults, are not compared: what a fault changes shows in the events of hosts.
   */
  readonly common: number;
  /** The first event that differs, in either run; 0 if that run has ended, and in both if the runs are the same. */
  readonly first: { readonly left: number; readonly right: number };
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
  const words = wordsFor(left, right);
  const { common, first } = commonEvents(left, right, words);
  if (first.left === 0 && first.right === 0) return { common, first, differences: [], cut: false };
  const differences: Difference[] = [];
  let cut = false;
  const names = new Set([...left.lanes, ...right.lanes].map(({ name }) => name));
  for (const name of names) {
    const a = laneEvents(left, name, first.left);
    const b = laneEvents(right, name, first.right);
    if (a.cut || b.cut) cut = true;
    differences.push(...alignLane(name, left, right, a.ids, b.ids, words));
  }
  const timeOf = ({ left: a, right: b }: Difference): number =>
    (a > 0 ? left.trace.timeNs[a - 1] : right.trace.timeNs[b - 1]) as number;
  differences.sort((a, b) => timeOf(a) - timeOf(b) || b.left - a.left);
  return {
    common,
    first,
    differences: differences.slice(0, DIFFERENCES_MAX),
    cut: cut || differences.length > DIFFERENCES_MAX,
  };
}

/** What an event of a run is, for telling it from others. */
type Words = (run: Run, id: number) => string;

/** Events in words, messages with their bytes if both runs have them. */
function wordsFor(left: Run, right: Run): Words {
  const withBytes = [left, right].every(hasPayloads);
  return (run, id) => {
    const text = describeEvent(run, id);
    if (!withBytes || run.trace.kind[id - 1] !== Kind.send) return text;
    const { payload } = (detailOf(run.trace, id - 1) ?? {}) as Partial<PacketDetail>;
    return payload === undefined ? text : `${text} ${digestOf(payload)}`;
  };
}

function hasPayloads({ trace }: Run): boolean {
  for (let row = 0; row < trace.length; row++) {
    if (trace.kind[row] !== Kind.send) continue;
    const packet = detailOf(trace, row) as PacketDetail | undefined;
    if (packet && packet.bytes > 0) return packet.payload !== undefined;
  }
  return false;
}

/** FNV-1a. */
function digestOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Walks through both runs while their hosts do the same. */
function commonEvents(left: Run, right: Run, words: Words): Pick<Comparison, "common" | "first"> {
  const [a, b] = [left.trace, right.trace];
  // The position of each row among the events of hosts: ids differ where the simulator did more.
  const [ordinalA, ordinalB] = [new Uint32Array(a.length), new Uint32Array(b.length)];
  let [rowA, rowB] = [0, 0];
  for (let common = 0; ; common++) {
    while (rowA < a.length && a.host[rowA] === 0) rowA++;
    while (rowB < b.length && b.host[rowB] === 0) rowB++;
    const isEnd = [rowA === a.length, rowB === b.length] as const;
    if (isEnd[0] && isEnd[1]) return { common, first: { left: 0, right: 0 } };
    const same =
      !isEnd[0] &&
      !isEnd[1] &&
      a.timeNs[rowA] === b.timeNs[rowB] &&
      a.kind[rowA] === b.kind[rowB] &&
      a.hosts[a.host[rowA] as number] === b.hosts[b.host[rowB] as number] &&
      (ordinalA[(a.cause[rowA] as number) - 1] ?? 0) ===
        (ordinalB[(b.cause[rowB] as number) - 1] ?? 0) &&
      (a.detail[rowA] === 0) === (b.detail[rowB] === 0) &&
      (a.detail[rowA] === 0 || words(left, rowA + 1) === words(right, rowB + 1));
    if (!same) {
      return {
        common,
        first: { left: isEnd[0] ? 0 : rowA + 1, right: isEnd[1] ? 0 : rowB + 1 },
      };
    }
    ordinalA[rowA++] = common + 1;
    ordinalB[rowB++] = common + 1;
  }
}

function laneEvents(
  { trace }: Run,
  name: string,
  first: number,
): { readonly ids: number[]; readonly cut: boolean } {
  const host = trace.hosts.indexOf(name);
  const ids: number[] = [];
  for (let row = first === 0 ? trace.length : first - 1; row < trace.length; row++) {
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
  words: Words,
): Difference[] {
  const textsA = a.map((id) => words(left, id));
  const textsB = b.map((id) => words(right, id));
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
      text: describeEvent(left, a[at] as number),
      left: a[at] as number,
      right: other === undefined ? 0 : (b[other] as number),
      change: other === undefined ? "left only" : "moved",
    });
  }
  for (const at of onlyB) {
    if (moved.has(at)) continue;
    const text = describeEvent(right, b[at] as number);
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
