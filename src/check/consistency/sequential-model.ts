/**
 * Sequential consistency of any model: a search over the orders that respect every session. It does not
 * decompose by key (each key may be consistent alone and all together not), but states do, so the state of
 * a key is computed once.
 */
import type { History, Operation } from "../../history/operation.ts";
import { BudgetSpent, type Budget } from "../budget.ts";
import { rulingOf } from "../levels.ts";
import { tell } from "../objects/evidence.ts";
import { checkLinearizable } from "../objects/linearizable.ts";
import { keyOf, type Model } from "../objects/model.ts";
import { Machine } from "../objects/plan.ts";
import type { Verdict } from "../verdict.ts";
import { layLanes } from "./accesses.ts";
import { minimise } from "./evidence.ts";
import { searchOrder } from "./order-search.ts";
import { preferenceOf } from "./sequential.ts";

/** The part of the budget used to look for a linearization first. */
const linearizablePart = 0.3;
/** Histories up to this length are minimised, with a limit in milliseconds in total and for each attempt. */
const shrinkMax = 300;
const shrinkMs = 3_000;
const attemptMs = 100;

/** Judges `history` for `model`. */
export function checkSequentialModel(
  history: History,
  model: Model,
  initial: unknown,
  budget: Budget,
): Verdict {
  const operations = history.operations.filter(
    (operation) =>
      operation.outcome === "ok" || (operation.outcome === "info" && !model.readOnly?.(operation)),
  );
  // Most histories are even linearizable, which can be decided object by object.
  const part = budget.part(budget.remainingMs * linearizablePart);
  const linear = checkLinearizable(history, model, { budget: part, initial }).verdict;
  if (linear.result === "holds") return { result: "holds" };
  try {
    if (explained(model, operations, initial, budget)) return { result: "holds" };
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    const decided = linear.result === "violated" ? { decided: "it is not linearizable" } : {};
    return { result: "unknown", why: error.message, ...decided };
  }
  const shown = smallest(model, operations, initial, budget);
  const summary =
    "no one order of these operations respects every session and explains every answer";
  const evidence = tell(
    { operations: shown, summary, anomaly: "no-sequential-order" },
    model as Model<never>,
    undefined,
  );
  return { result: "violated", evidence: [evidence], ...rulingOf(["sequential"]) };
}

/**
 * A set of operations that contradict each other whatever the others did. Operations that are left out
 * remain possible at any moment that their session allows, or never.
 */
function smallest(
  model: Model,
  operations: readonly Operation[],
  initial: unknown,
  budget: Budget,
): readonly Operation[] {
  const answered = operations.filter(({ outcome }) => outcome === "ok");
  if (answered.length > shrinkMax) return answered;
  const whole = budget.part(shrinkMs);
  const violates = (rest: readonly Operation[]): boolean => {
    const kept = new Set(rest);
    const loosened = operations.flatMap((operation) => {
      if (kept.has(operation)) return [operation];
      return model.readOnly?.(operation) ? [] : [loose(operation)];
    });
    try {
      return !explained(model, loosened, initial, whole.part(attemptMs));
    } catch (error) {
      if (error instanceof BudgetSpent) return false;
      throw error;
    }
  };
  return minimise(answered, violates, () => !whole.spentNow());
}

function loose(operation: Operation): Operation {
  return { ...operation, outcome: "info", output: undefined, completeRank: Infinity };
}

/** Whether some order respects every session and satisfies the model. Throws `BudgetSpent`. */
function explained(
  model: Model,
  operations: readonly Operation[],
  initial: unknown,
  budget: Budget,
): boolean {
  const { lanes, predecessors } = layLanes(operations);
  const partsByKey = new Map<string, number>();
  const objectOf = new Int32Array(operations.length);
  const kindOf = new Int32Array(operations.length);
  const kinds: Operation[] = [];
  const kindsByKey = new Map<string | number, number>();
  for (const [at, operation] of operations.entries()) {
    const part = keyOf(model.partition?.(operation));
    if (!partsByKey.has(part)) partsByKey.set(part, partsByKey.size);
    objectOf[at] = partsByKey.get(part) as number;
    const { f, input, output, outcome, key } = operation;
    const same = model.kind?.(operation) ?? [f, input, outcome === "ok" ? output : null];
    const kind = keyOf([same, outcome, key]);
    if (!kindsByKey.has(kind)) kindsByKey.set(kind, kinds.push(operation) - 1);
    kindOf[at] = kindsByKey.get(kind) as number;
  }
  const machine = new Machine(model, kinds);
  const first = machine.intern(model.initial(initial));
  return searchOrder(
    {
      operations: operations.length,
      lanes,
      forced: [...predecessors].flatMap(([to, list]) => list.map((from) => [from, to] as const)),
      objects: partsByKey.size,
      objectOf,
      optional: Uint8Array.from(operations, ({ outcome }) => (outcome === "info" ? 1 : 0)),
      readOnly: Uint8Array.from(operations, (operation) => (model.readOnly?.(operation) ? 1 : 0)),
      preference: Float64Array.from(operations, preferenceOf),
      first: () => first,
      step: (_object, state, operation) => machine.step(state, kindOf[operation] as number),
    },
    budget,
  );
}
