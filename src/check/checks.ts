/** Checks as a world takes them (`w.check(...)`), and for a history in hand: a name and a judgement. */
import type { History } from "../history/operation.ts";
import { Budget, type BudgetOptions } from "./budget.ts";
import { checkLinearizable } from "./objects/linearizable.ts";
import type { Model } from "./objects/model.ts";
import { findChecker } from "./registry.ts";
import type { Verdict } from "./verdict.ts";

/** A check of a history, as `w.check` takes it. */
export interface HistoryCheck {
  readonly name: string;
  judge(record: { readonly history: History }): Verdict;
}

/** How to check. */
export interface ConsistentOptions extends BudgetOptions {
  /** The level of consistency; the model's default (linearizable for objects) if not given. */
  readonly level?: string;
  /** The object's first state. */
  readonly initial?: unknown;
  /** What else the model understands: `{ total: 100 }`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * A check by the name of a model: `consistent("cas-register")`, `consistent("list-append", { level:
 * "snapshot-isolation" })`. Throws `LC_NO_MODEL` or `LC_NO_LEVEL`, which name what there is.
 */
export function consistent(model: string, options: ConsistentOptions = {}): HistoryCheck {
  const { level, initial, settings } = options;
  const checker = findChecker(model, level);
  return {
    name: `${checker.model} is ${level ?? checker.defaultLevel}`,
    judge({ history }) {
      const budget = new Budget(options);
      return checker.check(history, {
        level,
        initial,
        budget,
        ...(settings ? { settings } : {}),
      }).verdict;
    },
  };
}

/**
 * A check that histories of a model of your own are linearizable.
 *
 * @example
 * w.check(linearizable({
 *   name: "ticket counter",
 *   initial: () => 0,
 *   step: (last, op) => (op.output === last + 1 ? { state: last + 1 } : undefined),
 * }));
 */
export function linearizable<State>(
  model: Model<State>,
  options: BudgetOptions & { readonly initial?: unknown } = {},
): HistoryCheck {
  return {
    name: `${model.name} is linearizable`,
    judge: ({ history }) =>
      checkLinearizable(history, model, { budget: new Budget(options), initial: options.initial })
        .verdict,
  };
}
