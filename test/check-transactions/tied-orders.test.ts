/** Longest reads that contradict each other: the one that Elle takes gives the order of versions. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { appendOrder } from "../../src/check/transactions/append-order.ts";
import { compareHashes, hashOfList } from "../../src/check/transactions/clojure-order.ts";
import { checkListAppend } from "../../src/check/transactions/list-append.ts";
import { tableOf } from "../../src/check/transactions/table.ts";
import { HistoryBuilder } from "../../src/history/build.ts";

type Micro = readonly ["r" | "append", string, unknown];

/** Transactions one after another, of two processes in turn. */
function table(transactions: readonly (readonly Micro[])[]): ReturnType<typeof tableOf> {
  const builder = new HistoryBuilder();
  transactions.forEach((micros, i) => {
    const asked = micros.map(([f, key, value]) => [f, key, f === "r" ? null : value]);
    const id = builder.invoke({ process: i % 2, f: "txn", input: asked });
    builder.complete(id, "ok", { output: micros });
  });
  return tableOf(builder.finish(), "append");
}

function orderOf(transactions: readonly (readonly Micro[])[]): unknown[] {
  const made = table(transactions);
  const { start, versions } = appendOrder(made);
  return Array.from(versions.subarray(start[0], start[1]), (it) => made.versionValue[it]);
}

describe("of longest reads that contradict each other", () => {
  it("hashes are Clojure's own", () => {
    expect([hashOfList([]), hashOfList([1, 2, 3])]).toEqual([-2_017_569_654, 736_442_005]);
  });

  // Elle's simulated database "prefix", 3 clients, 12 transactions, 3 keys, seeds 21 and 53.
  it.each([
    [
      [1, 4, 7, 8],
      [1, 2, 3, 9],
    ],
    [
      [1, 5, 6],
      [1, 4, 8],
    ],
  ])("%j and %j, the same gives the order, whichever was read last", (one, other) => {
    const appends = [...new Set([...one, ...other])].map((value): Micro[] => [
      ["append", "x", value],
    ]);
    const reads = [one, other].map((list): Micro[] => [["r", "x", list]]);
    const forth = orderOf([...appends, ...reads]);
    expect(orderOf([...appends, ...reads.reverse()])).toEqual(forth);
    const last = compareHashes(hashOfList(one), hashOfList(other)) > 0 ? one : other;
    expect(forth).toEqual(last);
  });

  it("names of anomalies do not depend on who read first", () => {
    const appends = [1, 4, 7, 8, 2, 3, 9].map((value): Micro[] => [["append", "x", value]]);
    const reads: Micro[][] = [[["r", "x", [1, 4, 7, 8]]], [["r", "x", [1, 2, 3, 9]]]];
    const names = (read: Micro[][]): readonly string[] =>
      checkListAppend(table([...appends, ...read]), { levels: ["serializable"] }, new Budget())
        .anomalyTypes;
    expect(names(reads)).toContain("incompatible-order");
    expect(names(reads.toReversed())).toEqual(names(reads));
  });

  it("of lists of texts, the one that was seen last gives the order", () => {
    const appends = ["a", "b", "c"].map((value): Micro[] => [["append", "x", value]]);
    const reads: Micro[][] = [[["r", "x", ["a", "b"]]], [["r", "x", ["a", "c"]]]];
    expect(orderOf([...appends, ...reads])).toEqual(["a", "c"]);
  });
});
