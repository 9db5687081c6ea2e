/**
 * Decides many objects within one budget, so that a hard one does not take the time and the memory of all
 * the others: what is not decided at once is searched in turns, each four times as long as the one before.
 * Turns are counted in configurations and not in time, so that a check that is repeated says the same.
 */
import type { Budget } from "../budget.ts";
import type { Judge } from "./judge.ts";

/** How many configurations a search looks at in its first turn. */
const firstTurn = 1 << 12;
/** How much longer each turn is than the one before. */
const growth = 4;
/** The part of the budget's memory that all searches together may hold between turns. */
const heldShare = 1 / 4;

/** What is decided here: an object's judge. */
export type Turn = Pick<Judge, "result" | "bytes" | "begin" | "advance" | "explain" | "rest">;

/**
 * Decides `objects`, or as many as the budget allows, or until `enough` are found to be violated. Once one
 * is, nothing is searched for longer than the others have been.
 */
export function decideInTurns(objects: readonly Turn[], budget: Budget, enough: number): void {
  let violated = 0;
  const count = (object: Turn): void => {
    if (object.result !== "violated") return;
    violated++;
    object.explain();
  };
  for (const object of objects) {
    if (budget.spent() || violated >= enough) return;
    object.begin();
    count(object);
  }
  let open = objects.filter(({ result }) => result === undefined);
  // What grew too large to be kept while others have their turn.
  const large: Turn[] = [];
  for (let steps = firstTurn; open.length > 0; steps *= growth) {
    const alone = open.length + large.length === 1;
    for (const object of open) {
      if (budget.spent() || violated >= enough) return;
      object.advance(alone ? Infinity : steps, budget);
      count(object);
      if (object.bytes * (open.length + large.length) < budget.memoryBytes * heldShare) continue;
      if (object.result !== undefined || alone) continue;
      object.rest();
      large.push(object);
    }
    if (violated > 0) return;
    open = open.filter((object) => object.result === undefined && !large.includes(object));
  }
  large.forEach((object, i) => {
    if (violated > 0 || budget.remainingMs === 0) return;
    // Each gets its part of the time that is left, and what one held is no reason to stop the next.
    object.advance(Infinity, budget.part(budget.remainingMs / (large.length - i)));
    count(object);
    object.rest();
  });
}
