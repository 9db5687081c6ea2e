/** The simplest case of a search: no two operations are ever open at the same time. */
import type { Budget } from "../budget.ts";
import { impossible, type Plan } from "./plan.ts";

/**
 * Whether the operations are valid one after another, from one of the initial states. A result of false
 * means nothing if the budget is spent.
 */
export function inSequence(
  { machine, kindOf, operations }: Plan<never>,
  starts: readonly number[],
  budget: Budget,
): boolean {
  return starts.some((start) => {
    let state = start;
    for (let i = 0; i < operations.length; i++) {
      if (state === impossible || budget.spent()) return false;
      state = machine.step(state, kindOf[i] as number);
    }
    return state !== impossible;
  });
}
