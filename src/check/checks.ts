/** Checks for worlds (`w.check(...)`) and for existing histories: a name and a judging function. */
import { LightconeError } from "../base/errors.ts";
import type { History } from "../history/operation.ts";
import { Budget, type BudgetOptions } from "./budget.ts";
import { checkLinearizable } from "./objects/linearizable.ts";
import type { Model } from "./objects/model.ts";
import { refuseOptions } from "./options.ts";
import { findChecker, answersOf } from "./registry.ts";
import type { Verdict } from "./verdict.ts";

const budgetOptions = ["timeout", "memory"] as const;
const consistentOptions = [...budgetOptions, "level", "initial", "settings"] as const;

/** A check of a history, as `w.check` takes it. */
export interface HistoryCheck {
  readonly name: string;
  /** The names of the operations whose answers it judges. If empty, any operation. */
  readonly looksFor: readonly string[];
  judge(record: { readonly history: History }): Verdict;
}

/** Options of a check. */
export interface ConsistentOptions extends BudgetOptions {
  /** The level of consistency; the model's default (linearizable for objects) if not given. */
  readonly level?: string;
  /** The object's initial state. */
  readonly initial?: unknown;
  /** Further settings of the model: `{ total: 100 }`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * Creates a check from the name of a model: `consistent("cas-register")`, `consistent("list-append", {
 * level: "snapshot-isolation" })`. Throws `LC_NO_MODEL` or `LC_NO_LEVEL`, with a list of the valid names.
 */
export function consistent(model: string, options: ConsistentOptions = {}): HistoryCheck {
  refuseOptions(`consistent(${JSON.stringify(model)})`, options, consistentOptions);
  const { level, initial, settings } = options;
  const checker = findChecker(model, level);
  // Invalid limits are reported before a world runs.
  void new Budget(options);
  return {
    name: `${checker.model} is ${level ?? checker.defaultLevel}`,
    looksFor: answersOf(checker.model),
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
  const { name, initial, step } = (model ?? {}) as Partial<Model<State>>;
  if (typeof name !== "string" || typeof initial !== "function" || typeof step !== "function") {
    throw new LightconeError(
      "LC_BAD_CHECK",
      "linearizable(model): a model has a name, initial() and step(state, operation)",
      'For a model that is known by name, write consistent("register").',
    );
  }
  refuseOptions(`linearizable(${JSON.stringify(name)})`, options, [...budgetOptions, "initial"]);
  void new Budget(options);
  return {
    name: `${model.name} is linearizable`,
    looksFor: [],
    judge: ({ history }) =>
      checkLinearizable(history, model, { budget: new Budget(options), initial: options.initial })
        .verdict,
  };
}
