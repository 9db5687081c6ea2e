/** Sequential consistency (Lamport 1979) of reads and writes. `sequential-model.ts` handles any model. */
import type { Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import { uniqueRegister } from "../objects/zones.ts";
import { INITIAL, type Accesses } from "./accesses.ts";
import { finding, type Finding } from "./finding.ts";
import { searchOrder, type OrderProblem } from "./order-search.ts";
import { solveOrder } from "./order-solver.ts";
import { saturate } from "./saturation.ts";

/**
 * Judges reads and writes. Returns undefined if sequential consistency holds. Complete for any values. If
 * the source of each read is known, the forced order refutes most invalid histories and guides the search
 * through the others.
 */
export function checkSequential(accesses: Accesses, budget: Budget): Finding | undefined {
  if (isLinearizable(accesses)) return undefined;
  const { problem, operationOf } = readWriteProblem(accesses);
  const solved = solveOrder(accesses, operationOf, budget);
  if (solved?.exists) return undefined;
  const saturated = saturate(accesses, budget);
  if ("finding" in saturated) return saturated.finding;
  if (solved) return refuted(accesses, operationOf, solved.core);
  const forced = [...problem.forced];
  for (const { from, to } of saturated.links) {
    const before = operationOf[from] as number;
    const after = operationOf[to] as number;
    if (before !== after) forced.push([before, after]);
  }
  const preference = problem.preference.slice();
  for (let at = 0; at < accesses.count; at++) {
    const operation = operationOf[at] as number;
    const deadline = saturated.deadlines[at] as number;
    preference[operation] = Math.min(preference[operation] as number, deadline);
  }
  if (searchOrder({ ...problem, forced, preference }, budget)) return undefined;
  const all = Array.from({ length: accesses.count }, (_, at) => at);
  return { ...finding("no-sequential-order", 0, []), accesses: all };
}

/** The contradiction that the solver found, including the writes that its reads read. */
function refuted(accesses: Accesses, operationOf: Int32Array, core: readonly number[]): Finding {
  const named = new Set(core);
  const part: number[] = [];
  for (let at = 0; at < accesses.count; at++) {
    if (!named.has(operationOf[at] as number)) continue;
    part.push(at);
    const from = accesses.readsFrom[at] as number;
    if (from >= 0) part.push(from);
  }
  const members = [...new Set(part)].sort((a, b) => a - b);
  return { ...finding("no-sequential-order", members[0] as number, []), accesses: members };
}

/**
 * Whether each key is linearizable by itself, which implies that all together are. This is the common case
 * and quick to check. Every level here except `eventual` then holds.
 */
export function isLinearizable({
  count,
  key,
  keys,
  operations,
  candidates,
  initials,
}: Accesses): boolean {
  if (candidates.size > 0) return false;
  const ofKey: Operation[][] = keys.map(() => []);
  for (let at = 0; at < count; at++) {
    const list = ofKey[key[at] as number] as Operation[];
    if (list.at(-1) !== operations[at]) list.push(operations[at] as Operation);
  }
  return ofKey.every(
    (list, at) => uniqueRegister.decide(list, initials[at])?.result === "linearizable",
  );
}

/**
 * Builds the search problem. The accesses of one operation are one step, so that a compare-and-set is not
 * split.
 */
function readWriteProblem(accesses: Accesses): {
  problem: OrderProblem;
  operationOf: Int32Array;
} {
  const { count, isWrite, key, value, readsFrom, operations, candidates } = accesses;
  const operationOf = new Int32Array(count);
  const read: number[] = [];
  const write: number[] = [];
  const source: Operation[] = [];
  for (let at = 0; at < count; at++) {
    const operation = operations[at] as Operation;
    if (source.at(-1) !== operation) {
      source.push(operation);
      read.push(-1);
      write.push(-1);
    }
    const number = source.length - 1;
    operationOf[at] = number;
    (isWrite[at] === 1 ? write : read)[number] = at;
  }
  const total = source.length;
  const known = candidates.size === 0;
  // A state is a value. The initial state gets a number that no value has.
  const first = accesses.values.length;
  const expects = Int32Array.from(read, (at) =>
    at < 0 ? -1 : known && readsFrom[at] === INITIAL ? first : (value[at] as number),
  );
  const initialIs = initialStates(accesses, first);
  const problem: OrderProblem = {
    operations: total,
    lanes: accesses.lanes.map((members) =>
      unrepeated(members.map((at) => operationOf[at] as number)),
    ),
    forced: [...accesses.predecessors].flatMap(([to, list]) =>
      list.map((from) => [operationOf[from] as number, operationOf[to] as number] as const),
    ),
    objects: accesses.keys.length,
    objectOf: Int32Array.from(
      read,
      (at, number) => key[at < 0 ? (write[number] as number) : at] as number,
    ),
    // Operations without a visible effect have been removed already, so all remaining ones have happened.
    optional: new Uint8Array(total),
    readOnly: Uint8Array.from(write, (at) => (at < 0 ? 1 : 0)),
    preference: Float64Array.from(source, preferenceOf),
    first: (object) => (known ? first : (initialIs[object] as number)),
    step: (_object, state, operation) => {
      const expected = expects[operation] as number;
      if (expected >= 0 && expected !== state) return -1;
      const written = write[operation] as number;
      return written < 0 ? state : (value[written] as number);
    },
  };
  return { problem, operationOf };
}

/** The initial value of each key if it is among those read; otherwise a number that is no value. */
function initialStates(accesses: Accesses, none: number): number[] {
  const { count, isWrite, key, value, readsFrom, candidates, keys } = accesses;
  const states = keys.map(() => none);
  for (let at = 0; at < count; at++) {
    if (isWrite[at] === 1) continue;
    const mayBeInitial =
      readsFrom[at] === INITIAL || (candidates.get(at)?.includes(INITIAL) ?? false);
    if (mayBeInitial) states[key[at] as number] = value[at] as number;
  }
  return states;
}

function unrepeated(numbers: readonly number[]): number[] {
  return numbers.filter((number, at) => number !== numbers[at - 1]);
}

/** Completion order. Unanswered operations come last, in order of invocation. */
export function preferenceOf(operation: Operation): number {
  return operation.completeRank < Infinity ? operation.completeRank : 1e15 + operation.invokeRank;
}
