/**
 * Decides many objects within one budget, so that a hard one does not use the time and memory of all the
 * others. Objects that are not decided immediately are searched in turns, each four times as long as the
 * previous one. Turns are counted in configurations and not in time, so that a repeated check gives the
 * same result.
 */
import type { Budget } from "../budget.ts";
import type { Judge } from "./judge.ts";

/** The number of configurations that a search examines in its first turn. */
const firstTurn = 1 << 12;
/** The factor by which each turn is longer than the previous one. */
const growth = 4;
/** The share of the memory budget that all searches together may hold between turns. */
const heldShare = 1 / 4;

/** An object that is decided here: the needed part of its judge. */
export type Turn = Pick<Judge, "result" | "bytes" | "begin" | "advance" | "explain" | "rest">;

/**
 * Decides `objects`, or as many as the budget allows, or until `enough` are found to be violated. Once one
 * is violated, no object is searched for longer than the others have been.
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
  // Objects whose search grew too large to be kept while others have their turn.
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
    // Each gets an equal share of the remaining time. Running out of memory in one does not stop the next.
    object.advance(Infinity, budget.part(budget.remainingMs / (large.length - i)));
    count(object);
    object.rest();
  });
}
