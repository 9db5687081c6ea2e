/** Figures of a run: operations and how long they took, messages and what became of them. */
import { kindNames } from "../../trace/kinds.ts";
import { fateNames } from "./messages.ts";
import type { Run } from "./run.ts";

/** The operations of one name. */
export interface OperationFigures {
  readonly f: string;
  readonly count: number;
  readonly ok: number;
  readonly failed: number;
  readonly unsure: number;
  /** Of those that were answered, in nanoseconds; `undefined` if none was. */
  readonly medianNs: number | undefined;
  readonly slowNs: number | undefined;
  readonly longestNs: number | undefined;
}

/** The messages from one host to another. */
export interface MessageFigures {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  /** By fate. */
  readonly fates: readonly number[];
}

/** The figures of a run. */
export interface Statistics {
  readonly operations: readonly OperationFigures[];
  readonly messages: readonly MessageFigures[];
  readonly kinds: readonly (readonly [name: string, count: number])[];
}

/** Computes the figures. */
export function statisticsOf({ trace, operations, messages }: Run): Statistics {
  const byName = new Map<string, { all: number[]; ok: number; failed: number; unsure: number }>();
  for (const { f, outcome, fromNs, toNs } of operations) {
    const of = byName.get(f) ?? { all: [], ok: 0, failed: 0, unsure: 0 };
    byName.set(f, of);
    if (toNs !== Infinity) of.all.push(toNs - fromNs);
    if (outcome === "ok") of.ok++;
    else if (outcome === "fail") of.failed++;
    else of.unsure++;
  }
  const pairs = new Map<number, number[]>();
  const width = trace.hosts.length;
  for (let index = 0; index < messages.length; index++) {
    const pair = (messages.from[index] as number) * width + (messages.to[index] as number);
    let fates = pairs.get(pair);
    if (!fates) pairs.set(pair, (fates = fateNames.map(() => 0)));
    const fate = messages.fate[index] as number;
    fates[fate] = (fates[fate] as number) + 1;
  }
  const kinds = kindNames.map(() => 0);
  for (const kind of trace.kind) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return {
    operations: [...byName].map(([f, { all, ok, failed, unsure }]) => {
      const sorted = all.toSorted((a, b) => a - b);
      return {
        f,
        count: ok + failed + unsure,
        ok,
        failed,
        unsure,
        medianNs: sorted[sorted.length >> 1],
        slowNs: sorted[Math.floor(sorted.length * 0.99)],
        longestNs: sorted.at(-1),
      };
    }),
    messages: [...pairs]
      .map(([pair, fates]) => ({
        from: trace.hosts[Math.floor(pair / width)] as string,
        to: trace.hosts[pair % width] as string,
        count: fates.reduce((sum, count) => sum + count, 0),
        fates,
      }))
      .sort((a, b) => b.count - a.count),
    kinds: kinds.flatMap((count, kind) =>
      count === 0 ? [] : [[kindNames[kind] ?? `kind ${kind}`, count] as const],
    ),
  };
}
