/**
 * Eventual consistency, as far as a finite history can refute it: once all writes of a key have ended and a
 * calm period has passed, its reads agree on one value, and that value was written. (Eventual visibility
 * and strong convergence of Burckhardt 2014. A history without reads in the calm period cannot violate
 * either.)
 */
import type { Budget } from "../budget.ts";
import { INITIAL, UNWRITTEN, type Accesses } from "./accesses.ts";
import { finding, type Finding } from "./finding.ts";

/** Determines when reads begin to count. */
export interface Calm {
  /**
   * Nanoseconds between a key's last write and the first read that counts. If not given, only each
   * session's last read of the key counts, because it had the most time to converge.
   */
  readonly calmNs?: number | undefined;
}

/** Judges convergence. Returns undefined if it holds. */
export function checkEventual(
  accesses: Accesses,
  budget: Budget,
  { calmNs }: Calm = {},
): Finding | undefined {
  const { count, isWrite, key, value, operations, readsFrom } = accesses;
  const lastWriteNs = new Float64Array(accesses.keys.length).fill(-Infinity);
  const lastWriteRank = new Float64Array(accesses.keys.length).fill(-1);
  const unanswered = new Set<string>();
  for (let at = 0; at < count; at++) {
    const operation = operations[at];
    if (isWrite[at] !== 1 || !operation) continue;
    const of = key[at] as number;
    if (operation.outcome === "info") {
      // It may take effect at any time, also in the calm period, so a read may or may not return its value.
      unanswered.add(`${of} ${value[at]}`);
      continue;
    }
    lastWriteNs[of] = Math.max(lastWriteNs[of] as number, operation.completeNs);
    lastWriteRank[of] = Math.max(lastWriteRank[of] as number, operation.completeRank);
  }
  const isLast = calmNs === undefined ? lastReads(accesses) : undefined;
  const agreed = new Map<number, number>();
  for (let at = 0; at < count; at++) {
    budget.demand();
    const operation = operations[at];
    const of = key[at] as number;
    if (isWrite[at] === 1 || !operation || (readsFrom[at] as number) === UNWRITTEN) continue;
    if (isLast && isLast[at] !== 1) continue;
    const settled =
      operation.invokeRank > (lastWriteRank[of] as number) &&
      (!calmNs || operation.invokeNs >= (lastWriteNs[of] as number) + calmNs);
    if (!settled || unanswered.has(`${of} ${value[at]}`)) continue;
    const first = agreed.get(of);
    if (first === undefined) agreed.set(of, at);
    else if (value[first] !== value[at]) {
      const sources = [first, at].flatMap((read) => {
        const from = readsFrom[read] as number;
        return from > INITIAL ? [{ from, to: read, kind: "reads" as const }] : [];
      });
      return finding("divergence", at, [...sources, { from: first, to: at, kind: "session" }]);
    }
  }
  return undefined;
}

/** 1 for each read that is its session's last read of the key. */
function lastReads({ count, isWrite, key, keys, lanes }: Accesses): Uint8Array {
  const isLast = new Uint8Array(count);
  const seenIn = new Int32Array(keys.length).fill(-1);
  for (const [lane, members] of lanes.entries()) {
    for (let place = members.length - 1; place >= 0; place--) {
      const at = members[place] as number;
      if (isWrite[at] === 1 || seenIn[key[at] as number] === lane) continue;
      seenIn[key[at] as number] = lane;
      isLast[at] = 1;
    }
  }
  return isLast;
}
