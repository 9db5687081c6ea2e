/**
 * Histories in which a value was written more than once, so that it is ambiguous which write a read
 * returned.
 *
 * Searches depth-first over the possible readings, nearest write first. A partial reading is judged without
 * the undecided reads. Leaving them out can only hide violations: if the partial reading is already
 * violated, so is every completion, and the search jumps back to the latest decision involved in the
 * contradiction.
 */
import type { Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import { checkLinearizable } from "../objects/linearizable.ts";
import { register } from "../objects/registers.ts";
import { AMBIGUOUS, INITIAL, type Accesses } from "./accesses.ts";
import type { Finding } from "./finding.ts";

/** Judges accesses whose reads are all either decided or to be ignored. */
export type Algorithm = (accesses: Accesses, budget: Budget) => Finding | undefined;

/**
 * Returns undefined if some reading of the ambiguous reads satisfies `algorithm`; otherwise the finding of
 * the first reading tried. Throws `BudgetSpent`.
 */
export function checkSomeReading(
  accesses: Accesses,
  algorithm: Algorithm,
  budget: Budget,
): Finding | undefined {
  if (accesses.candidates.size === 0) return algorithm(accesses, budget);
  const reads = [...accesses.candidates.keys()].sort((a, b) => a - b);
  const choices = reads.map((read) => nearestFirst(accesses, read));
  const readsFrom = accesses.readsFrom.slice();
  const decided = { ...accesses, readsFrom };
  const depthOf = new Map(reads.map((read, depth) => [read, depth]));
  const tried = reads.map(() => 0);
  /** For each depth: the earlier depths involved in some contradiction found there. */
  const blame: Set<number>[] = reads.map(() => new Set());
  const undecided = algorithm(decided, budget);
  if (undecided) return undecided;
  if (isLinearizable(accesses, budget)) return undefined;
  let told: Finding | undefined;
  let batch = 1;
  for (let depth = 0; depth < reads.length;) {
    budget.demand();
    if (batch > 1 && tried[depth] === 0) {
      // Most first choices are right, so several are tried at once, and one by one only if that fails.
      const end = Math.min(reads.length, depth + batch);
      for (let at = depth; at < end; at++) {
        readsFrom[reads[at] as number] = (choices[at] as number[])[0] as number;
      }
      if (!algorithm(decided, budget)) {
        tried.fill(1, depth, end);
        depth = end;
        batch *= 2;
        continue;
      }
      for (let at = depth; at < end; at++) readsFrom[reads[at] as number] = AMBIGUOUS;
      batch = Math.floor(batch / 4);
      if (batch > 1) continue;
    }
    const read = reads[depth] as number;
    const choice = (choices[depth] as number[])[tried[depth] as number];
    if (choice !== undefined) {
      tried[depth] = (tried[depth] as number) + 1;
      readsFrom[read] = choice;
      const found = algorithm(decided, budget);
      if (!found) {
        depth++;
        batch = Math.max(2, batch * 2);
        continue;
      }
      batch = 1;
      told ??= found;
      for (const at of found.accesses) {
        const involved = depthOf.get(at);
        if (involved !== undefined && involved < depth) blame[depth]?.add(involved);
      }
      continue;
    }
    // No candidate is left for this read: go back to the latest decision that any of its failures depends
    // on.
    const reasons = blame[depth] as Set<number>;
    const back = Math.max(-1, ...reasons);
    if (back < 0) return told;
    for (let undone = back; undone <= depth; undone++)
      readsFrom[reads[undone] as number] = AMBIGUOUS;
    for (let undone = back + 1; undone <= depth; undone++) {
      tried[undone] = 0;
      blame[undone] = new Set();
    }
    for (const reason of reasons) if (reason < back) blame[back]?.add(reason);
    depth = back;
  }
  return undefined;
}

/** The time limit of the search for a linearization, in milliseconds and as a part of the budget. */
const linearizableMs = 10_000;
const linearizablePart = 0.4;

/** Whether each key is linearizable, independent of the reading. Then every weaker level holds too. */
function isLinearizable(accesses: Accesses, budget: Budget): boolean {
  const { count, key, keys, operations, initials } = accesses;
  const ofKey: Operation[][] = keys.map(() => []);
  for (let at = 0; at < count; at++) {
    const list = ofKey[key[at] as number] as Operation[];
    if (list.at(-1) !== operations[at]) list.push(operations[at] as Operation);
  }
  const part = budget.part(Math.min(linearizableMs, budget.remainingMs * linearizablePart));
  return ofKey.every((list, at) => {
    // Operations here may concern several keys at once, or be a get of a map; this shortcut does not apply
    // to those.
    if (!list.every(({ f }) => f === "read" || f === "write" || f === "cas")) return false;
    if (list.some(({ input }) => Array.isArray(input) && Array.isArray(input[0]))) return false;
    const options = { budget: part, initial: initials[at] };
    return checkLinearizable({ operations: list }, model, options).verdict.result === "holds";
  });
}

const model = register();

/** The writes that a read may have read. Those invoked last before the read's completion come first. */
function nearestFirst(accesses: Accesses, read: number): number[] {
  const end = accesses.operations[read]?.completeRank ?? Infinity;
  const rank = (write: number): number =>
    write === INITIAL ? -1 : (accesses.operations[write]?.invokeRank ?? 0);
  return [...(accesses.candidates.get(read) as readonly number[])].sort((a, b) => {
    const late = Number(rank(a) > end) - Number(rank(b) > end);
    return late || rank(b) - rank(a);
  });
}
