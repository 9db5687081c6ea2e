/** Small histories in a line each, and random ones: what the tests of transactions are made of. */
import fc from "fast-check";
import {
  FAIL,
  INFO,
  OK,
  TableBuilder,
  type DataType,
  type MicroOperation,
  type TransactionTable,
} from "../../../src/check/transactions/table.ts";

/** A transaction of a small history. */
export interface Small {
  readonly process: number;
  readonly outcome?: "ok" | "fail" | "info";
  readonly mops: readonly MicroOperation[];
  /** When it was invoked and completed; one after another if not given. */
  readonly from?: number;
  readonly to?: number;
}

/** The table of small transactions. */
export function tableFrom(type: DataType, transactions: readonly Small[]): TransactionTable {
  const builder = new TableBuilder(type);
  transactions.forEach((transaction, index) => {
    const outcome = transaction.outcome ?? "ok";
    builder.add({
      operation: index,
      process: transaction.process,
      outcome: outcome === "ok" ? OK : outcome === "fail" ? FAIL : INFO,
      invokeRank: transaction.from ?? 2 * index,
      completeRank: outcome === "info" ? Infinity : (transaction.to ?? 2 * index + 1),
      mops: transaction.mops,
    });
  });
  return builder.finish();
}

/**
 * Transactions as text: `0: r x 1, w y 2` is process 0; a line that ends in `!` failed, in `?` is of
 * unknown outcome. Lists are written `[1 2]`; nil is `_`.
 */
export function story(type: DataType, text: string): TransactionTable {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return tableFrom(
    type,
    lines.map((line): Small => {
      const [, process, body, mark] = /^(\d+): (.*?)\s*([!?]?)$/.exec(line) as string[];
      return {
        process: Number(process),
        outcome: mark === "!" ? "fail" : mark === "?" ? "info" : "ok",
        mops: (body as string).split(", ").map(mopOf),
      };
    }),
  );
}

function mopOf(text: string): MicroOperation {
  const [, f, key, value] = /^(\S+) (\S+) (.*)$/.exec(text) as string[];
  return [f as string, key, valueOf(value as string)];
}

function valueOf(text: string): unknown {
  if (text === "_") return null;
  if (!text.startsWith("[")) return Number(text);
  const inner = text.slice(1, -1).trim();
  return inner === "" ? [] : inner.split(" ").map(Number);
}

/**
 * Random registers: a few transactions of a few sessions, overlapping at random, whose reads return any
 * value that anybody writes to the key in the end, or nothing. Most such histories violate something.
 */
export function smallRegisters(most: number): fc.Arbitrary<Small[]> {
  const mop = fc.record({
    write: fc.boolean(),
    key: fc.constantFrom("x", "y"),
    pick: fc.nat({ max: 11 }),
  });
  const transaction = fc.record({
    process: fc.nat({ max: 2 }),
    mops: fc.array(mop, { minLength: 1, maxLength: 3 }),
    stretch: fc.nat({ max: 6 }),
  });
  return fc.array(transaction, { minLength: 2, maxLength: most }).map((drafts) => {
    let value = 0;
    const finals = new Map<string, number[]>([
      ["x", []],
      ["y", []],
    ]);
    const written = drafts.map((draft) =>
      draft.mops.map((m) => ({ ...m, value: m.write ? ++value : 0 })),
    );
    for (const mops of written) {
      for (const key of finals.keys()) {
        const last = mops.findLast((m) => m.write && m.key === key);
        if (last) (finals.get(key) as number[]).push(last.value);
      }
    }
    const spans = overlap(drafts.map(({ process, stretch }) => ({ process, stretch })));
    return written.map((mops, i): Small => {
      const state = new Map<string, number | null>();
      const done = mops.map((m): MicroOperation => {
        if (m.write) {
          state.set(m.key, m.value);
          return ["w", m.key, m.value];
        }
        const known = state.get(m.key);
        if (known !== undefined) return ["r", m.key, known];
        const choices = (finals.get(m.key) as number[]).filter(
          (v) => !mops.some((own) => own.write && own.value === v),
        );
        const read = m.pick % 3 === 0 ? null : (choices[m.pick % (choices.length || 1)] ?? null);
        state.set(m.key, read);
        return ["r", m.key, read];
      });
      return { process: (drafts[i] as { process: number }).process, mops: done, ...spans[i] };
    });
  });
}

/** Random overlap that keeps each process sequential: ranks without ties. */
export function overlap(
  drafts: readonly { readonly process: number; readonly stretch: number }[],
): { from: number; to: number }[] {
  const free = new Map<number, number>();
  const spans = drafts.map(({ process, stretch }, i) => {
    const from = Math.max(i * 2, (free.get(process) ?? -1) + 1);
    const to = from + 1 + stretch;
    free.set(process, to);
    return { from, to };
  });
  const events = spans.flatMap((span, i) => [
    { at: span.from, i, start: true },
    { at: span.to, i, start: false },
  ]);
  events.sort((a, b) => a.at - b.at || Number(b.start) - Number(a.start) || a.i - b.i);
  events.forEach((event, rank) => {
    const span = spans[event.i] as { from: number; to: number };
    if (event.start) span.from = rank;
    else span.to = rank;
  });
  return spans;
}
