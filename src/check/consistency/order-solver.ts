/**
 * Sequential consistency of reads and writes, treated as serializability: every operation is its own
 * transaction, and the session orders must be kept. The transaction solver (a polygraph with learned
 * clauses) then decides the histories whose forced order has no contradiction.
 */
import type { Budget } from "../budget.ts";
import { AnomalySet } from "../transactions/anomaly.ts";
import { committedPart, type Committed } from "../transactions/committed.ts";
import { EdgeList, PROCESS } from "../transactions/graph.ts";
import { findOrder, type OrderAnswer } from "../transactions/order-solver.ts";
import { OK, TableBuilder, type MicroOperation } from "../transactions/table.ts";
import type { Operation } from "../../history/operation.ts";
import type { Accesses } from "./accesses.ts";

/**
 * Whether one order explains all reads, and if not, a set of operations (numbers of `operationOf`) that no
 * order explains. Returns `undefined` if the solver does not support the history: the source of each read
 * must be known, and no read may return a value that its own operation overwrote. Throws `BudgetSpent`.
 */
export function solveOrder(
  accesses: Accesses,
  operationOf: Int32Array,
  budget: Budget,
): OrderAnswer | undefined {
  const committed = asTransactions(accesses, operationOf);
  if (!committed) return undefined;
  const precedence = new EdgeList();
  const precede = (from: number, to: number): void => {
    const a = operationOf[from] as number;
    const b = operationOf[to] as number;
    if (a !== b) precedence.add(a, b, PROCESS);
  };
  for (const members of accesses.lanes) {
    for (let place = 1; place < members.length; place++) {
      precede(members[place - 1] as number, members[place] as number);
    }
  }
  for (const [to, list] of accesses.predecessors) for (const from of list) precede(from, to);
  return findOrder(committed, "serializable", { precedence, known: new EdgeList() }, budget);
}

function asTransactions(accesses: Accesses, operationOf: Int32Array): Committed | undefined {
  const { count, isWrite, key, readsFrom, candidates } = accesses;
  if (candidates.size > 0) return undefined;
  const table = new TableBuilder("register");
  let mops: MicroOperation[] = [];
  for (let at = 0; at < count; at++) {
    // Every write gets a unique value, because the source of each read is already known.
    mops.push(
      isWrite[at] === 1
        ? ["w", key[at], at]
        : ["r", key[at], (readsFrom[at] as number) >= 0 ? readsFrom[at] : null],
    );
    if (at + 1 < count && operationOf[at + 1] === operationOf[at]) continue;
    const { invokeRank, completeRank } = accesses.operations[at] as Operation;
    table.add({
      operation: operationOf[at] as number,
      process: accesses.lane[at] as number,
      outcome: OK,
      invokeRank,
      completeRank,
      mops,
    });
    mops = [];
  }
  const odd = new AnomalySet();
  const committed = committedPart(table.finish(), odd);
  const whole = committed.count === (operationOf[count - 1] ?? -1) + 1;
  return whole && odd.types.length === 0 ? committed : undefined;
}
