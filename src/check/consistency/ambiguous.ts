/**
 * Histories in which a value was written more than once: which write did a read read?
 *
 * Depth-first over the readings, nearest write first. A partial reading is judged with the undecided reads
 * left out, which can only make the history look better: when it is violated already, so is every
 * completion, and the search jumps back to the latest decision that the contradiction involves.
 */
import type { Budget } from "../budget.ts";
import { AMBIGUOUS, INITIAL, type Accesses } from "./accesses.ts";
import type { Finding } from "./finding.ts";

/** Judges accesses whose reads are all decided or to be left out. */
export type Algorithm = (accesses: Accesses, budget: Budget) => Finding | undefined;

/**
 * Nothing if some reading of the ambiguous reads satisfies `algorithm`; else a finding, that of the first
 * reading tried. Throws `BudgetSpent`.
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
  /** Of each depth: earlier depths that some contradiction met there involves. */
  const blame: Set<number>[] = reads.map(() => new Set());
  const undecided = algorithm(decided, budget);
  if (undecided) return undecided;
  let told: Finding | undefined;
  for (let depth = 0; depth < reads.length;) {
    budget.demand();
    const read = reads[depth] as number;
    const choice = (choices[depth] as number[])[tried[depth] as number];
    if (choice !== undefined) {
      tried[depth] = (tried[depth] as number) + 1;
      readsFrom[read] = choice;
      const found = algorithm(decided, budget);
      if (!found) {
        depth++;
        continue;
      }
      told ??= found;
      for (const at of found.accesses) {
        const involved = depthOf.get(at);
        if (involved !== undefined && involved < depth) blame[depth]?.add(involved);
      }
      continue;
    }
    // Nothing is left for this read: go back to the latest decision that any of its failures rests on.
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

/** The writes that a read may have read, those invoked last before the read's completion first. */
function nearestFirst(accesses: Accesses, read: number): number[] {
  const end = accesses.operations[read]?.completeRank ?? Infinity;
  const rank = (write: number): number =>
    write === INITIAL ? -1 : (accesses.operations[write]?.invokeRank ?? 0);
  return [...(accesses.candidates.get(read) as readonly number[])].sort((a, b) => {
    const late = Number(rank(a) > end) - Number(rank(b) > end);
    return late || rank(b) - rank(a);
  });
}
