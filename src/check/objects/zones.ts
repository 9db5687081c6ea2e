/**
 * Registers to which each value is written once: Gibbons and Korach, "Testing shared memories" (1997).
 *
 * The operations of one value form a cluster. Between the first completion and the last invocation of a
 * cluster the register certainly holds its value (a forward zone). A cluster whose operations all overlap
 * must be placed within the span that they share (a backward zone). The history is linearizable iff no two
 * forward zones overlap and no backward zone lies within a forward one.
 */
import type { Operation } from "../../history/operation.ts";
import { show } from "./model.ts";
import { valueKey, type Specialist, type SpecialistResult } from "./specialist.ts";

/** Operations that belong together, with no other operation between them. */
export interface Zone {
  /** The operation that completes first, and its rank. */
  readonly first: Operation | undefined;
  readonly minComplete: number;
  /** The operation that is invoked last, and its rank. */
  readonly last: Operation | undefined;
  readonly maxInvoke: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Cluster extends Mutable<Zone> {
  readonly value: unknown;
  write: Operation | undefined;
  reads: number;
}

/** Decides registers with reads and writes of unique values. */
export const uniqueRegister: Specialist = {
  name: "unique-value register (Gibbons-Korach zones)",
  decide(operations, initial) {
    const gathered = gather(operations, initial ?? null);
    if (!gathered || "result" in gathered) return gathered;
    return judge(gathered);
  },
};

function gather(operations: readonly Operation[], initial: unknown): Cluster[] | SpecialistResult {
  const clusters = new Map<unknown, Cluster>();
  const first = emptyCluster(initial);
  first.minComplete = -1;
  clusters.set(valueKey(initial), first);
  for (const operation of operations) {
    const { f, input, outcome } = operation;
    if (outcome === "fail" || f === "read") continue;
    if (f !== "write") return undefined;
    const key = valueKey(input);
    if (clusters.has(key)) return undefined;
    const cluster = emptyCluster(input);
    cluster.write = operation;
    extend(cluster, operation);
    clusters.set(key, cluster);
  }
  for (const operation of operations) {
    const { f, output, outcome } = operation;
    if (f !== "read" || outcome !== "ok") continue;
    const cluster = clusters.get(valueKey(output));
    if (!cluster) {
      return {
        result: "not",
        culprits: [operation],
        anomaly: "unwritten value",
        summary: `${show(output)} was read, yet nobody ever wrote it`,
      };
    }
    const { write } = cluster;
    if (write && operation.completeRank < write.invokeRank) {
      return {
        result: "not",
        culprits: [operation, write],
        anomaly: "future read",
        summary: `${show(output)} was read before its write began`,
      };
    }
    cluster.reads++;
    extend(cluster, operation);
  }
  return [...clusters.values()].filter(
    // A write that may not have happened and was never read is irrelevant.
    ({ write, reads }) => reads > 0 || write?.outcome === "ok",
  );
}

function emptyCluster(value: unknown): Cluster {
  return {
    value,
    write: undefined,
    first: undefined,
    minComplete: Infinity,
    last: undefined,
    maxInvoke: -Infinity,
    reads: 0,
  };
}

function extend(cluster: Cluster, operation: Operation): void {
  if (operation.completeRank < cluster.minComplete) {
    cluster.minComplete = operation.completeRank;
    cluster.first = operation;
  }
  if (operation.invokeRank > cluster.maxInvoke) {
    cluster.maxInvoke = operation.invokeRank;
    cluster.last = operation;
  }
}

function judge(clusters: readonly Cluster[]): SpecialistResult {
  const found = conflict(clusters);
  return found ? contradiction(...found) : { result: "linearizable" };
}

/**
 * Two zones of which neither can come before the other, the outer one first: two forward ones that overlap,
 * or a forward one and a backward one within it. `undefined` if there is no conflict.
 */
export function conflict<Z extends Zone>(zones: readonly Z[]): readonly [Z, Z] | undefined {
  const forward = zones
    .filter(({ minComplete, maxInvoke }) => minComplete < maxInvoke)
    .sort((a, b) => a.minComplete - b.minComplete);
  for (let i = 1; i < forward.length; i++) {
    const earlier = forward[i - 1] as Z;
    const later = forward[i] as Z;
    if (later.minComplete < earlier.maxInvoke) return [earlier, later];
  }
  for (const inner of zones) {
    if (inner.minComplete < inner.maxInvoke) continue;
    let low = 0;
    let high = forward.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((forward[middle] as Z).minComplete < inner.maxInvoke) low = middle + 1;
      else high = middle;
    }
    const outer = forward[low - 1];
    if (outer && inner.minComplete < outer.maxInvoke) return [outer, inner];
  }
  return undefined;
}

/** The violation by two values that the register would have had to hold at the same time. */
function contradiction(one: Cluster, other: Cluster): SpecialistResult {
  const culprits = new Set<Operation>();
  for (const { write, first, last } of [one, other]) {
    for (const operation of [write, first, last]) if (operation) culprits.add(operation);
  }
  return {
    result: "not",
    culprits: [...culprits],
    anomaly: "stale read",
    summary: `${staleRead(one, other)}, and nobody wrote it a second time`,
  };
}

/** Who saw a value after it was no longer there: "shop-1 reads 0 after editor had written 1". */
function staleRead(one: Cluster, other: Cluster): string {
  // The last operation of a value that was there before another one can only be a read.
  const [reader, before] = [one.last, other.first];
  if (!reader || !before) return `${show(one.value)} is seen again after ${show(other.value)}`;
  const did = before.f === "write" ? "written" : "read";
  return `${nameOf(reader)} reads ${show(one.value)} after ${nameOf(before)} had ${did} ${show(other.value)}`;
}

function nameOf({ process }: Operation): string {
  return typeof process === "number" ? `process ${process}` : process;
}
