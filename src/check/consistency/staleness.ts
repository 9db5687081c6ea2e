/**
 * Bounded staleness of registers, in time (Δ-atomicity: Golab, Li and Shah 2011) or in versions
 * (k-atomicity: Aiyer, Alvisi and Bazzi 2005). Both reduce to linearizability of something else: for time,
 * of the history in which every read begins Δ earlier; for versions, of an object that remembers its last k
 * values and may answer with any of them.
 */
import type { History, Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import type { CheckResult } from "../checker.ts";
import { checkLinearizable } from "../objects/linearizable.ts";
import { keyOf, show, type Model } from "../objects/model.ts";
import { register } from "../objects/registers.ts";
import { uniqueRegister } from "../objects/zones.ts";

/** The staleness bound of a read. At least one of the two must be given. */
export interface StalenessBound {
  /** Maximum staleness in nanoseconds. */
  readonly stalenessNs?: number | undefined;
  /** The number of newest versions that may be read; 1 allows only the newest. */
  readonly versions?: number | undefined;
}

const isRead = (f: string): boolean => f === "read" || f === "get" || f === "r";

/** A register that may answer with any of its last `versions` values. */
export function staleRegister(versions: number): Model<readonly unknown[]> {
  return {
    name: `register with ${versions} versions`,
    initial: (given) => [given ?? null],
    step(state, { f, input, output, outcome }) {
      if (isRead(f)) {
        if (outcome !== "ok") return { state };
        const wanted = keyOf(output ?? null);
        return state.some((value) => keyOf(value) === wanted) ? { state } : undefined;
      }
      if (f !== "cas") return { state: [input ?? null, ...state].slice(0, versions) };
      const [from, to] = input as [unknown, unknown];
      const matches = keyOf(state[0]) === keyOf(from);
      if (outcome === "ok" && output === false) return matches ? undefined : { state };
      return matches ? { state: [to, ...state].slice(0, versions) } : undefined;
    },
    hash: keyOf,
    readOnly: ({ f }) => isRead(f),
    describe: ({ f, input, output, outcome }) =>
      isRead(f) ? (outcome === "ok" ? `read ${show(output)}` : "read") : `${f} ${show(input)}`,
    show: (state) => `newest first: ${state.map(show).join(", ")}`,
  };
}

/** The same history with every read starting `stalenessNs` earlier, and with ranks adjusted. */
export function withEarlierReads(history: History, stalenessNs: number): History {
  interface Moment {
    readonly operation: Operation;
    readonly end: boolean;
    /** Its position: a rank of the history, or just before one. */
    readonly place: number;
  }
  const moments: { atNs: number; rank: number }[] = [];
  for (const operation of history.operations) {
    moments.push({ atNs: operation.invokeNs, rank: operation.invokeRank });
    if (operation.completeRank < Infinity) {
      moments.push({ atNs: operation.completeNs, rank: operation.completeRank });
    }
  }
  moments.sort((a, b) => a.rank - b.rank);
  // Clocks may jump. What counts is the first moment from which on the time was at least this late.
  const latestNs: number[] = [];
  for (const { atNs } of moments) latestNs.push(Math.max(atNs, latestNs.at(-1) ?? -Infinity));
  const moved: Moment[] = [];
  for (const operation of history.operations) {
    const early = isRead(operation.f)
      ? rankAt(latestNs, moments, operation.invokeNs - stalenessNs) - 0.5
      : Infinity;
    moved.push({ operation, end: false, place: Math.min(operation.invokeRank, early) });
    if (operation.completeRank < Infinity) {
      moved.push({ operation, end: true, place: operation.completeRank });
    }
  }
  moved.sort((a, b) => a.place - b.place || a.operation.index - b.operation.index);
  const invoked = new Map<Operation, number>();
  const completed = new Map<Operation, number>();
  for (const [rank, { operation, end }] of moved.entries()) {
    (end ? completed : invoked).set(operation, rank);
  }
  const operations = history.operations.map((operation) => ({
    ...operation,
    invokeRank: invoked.get(operation) as number,
    completeRank: completed.get(operation) ?? Infinity,
  }));
  return { operations: operations.sort((a, b) => a.invokeRank - b.invokeRank) };
}

/** The rank of the first moment that is not before `atNs`. */
function rankAt(
  latestNs: readonly number[],
  moments: readonly { rank: number }[],
  atNs: number,
): number {
  let low = 0;
  let high = latestNs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((latestNs[middle] as number) < atNs) low = middle + 1;
    else high = middle;
  }
  return moments[low]?.rank ?? Infinity;
}

/**
 * Judges registers (each key separately) with a bound in versions, in time, or both. With both, either may
 * hold.
 */
export function checkStaleness(
  history: History,
  bound: StalenessBound,
  options: { readonly budget: Budget; readonly initial?: unknown },
): CheckResult {
  const moved = bound.stalenessNs ? withEarlierReads(history, bound.stalenessNs) : history;
  const versions = bound.versions ?? 1;
  const { budget, initial } = options;
  return versions === 1
    ? checkLinearizable(moved, plainRegister, { budget, initial, specialists: [uniqueRegister] })
    : checkLinearizable(moved, staleRegister(versions), { budget, initial });
}

const plainRegister = register();
