/**
 * Decides linearizability: each independent object separately (`judge.ts`), the hard ones in turns
 * (`turns.ts`).
 */
import type { History, Operation } from "../../history/operation.ts";
import type { CheckResult } from "../checker.ts";
import { tell } from "./evidence.ts";
import { Judge, type LinearizableOptions } from "./judge.ts";
import { keyOf, show, type Model } from "./model.ts";
import { decideInTurns } from "./turns.ts";

export type { LinearizableOptions };

/** The default for the maximum number of violated objects reported. */
const evidenceMax = 3;

/** Judges whether `history` is linearizable for `model`. */
export function checkLinearizable<State>(
  history: History,
  model: Model<State>,
  options: LinearizableOptions,
): CheckResult {
  const parts = partsOf(history.operations, model);
  const objects = [...parts].map(([key, operations]) => new Judge(key, operations, model, options));
  const enough = options.decideOnly ? 1 : (options.evidenceMax ?? evidenceMax);
  decideInTurns(objects, options.budget, enough);
  const algorithms = [...new Set(objects.flatMap(({ algorithm }) => algorithm ?? []))];
  const details = { algorithms, objects: parts.size, operations: history.operations.length };
  const evidence = objects.flatMap(({ cause, key }) =>
    cause ? [tell(cause, model as Model<never>, parts.size > 1 ? key : undefined)] : [],
  );
  if (evidence.length > 0) {
    return { verdict: { result: "violated", evidence, violates: ["linearizable"] }, details };
  }
  const [first, ...more] = objects.filter(({ result }) => result !== "holds");
  if (!first) return { verdict: { result: "holds", note: algorithms.join("; ") }, details };
  const why = first.why ?? options.budget.why ?? "the budget was spent";
  const { partly } = first;
  const held = objects.length - more.length - 1;
  const all = `${held} of ${parts.size} objects hold, ${more.length + 1} undecided`;
  const decided =
    partly === undefined
      ? all
      : parts.size === 1
        ? partly
        : `${all}; of the first of those, ${partly}`;
  return { verdict: { result: "unknown", why, decided }, details };
}

/** The operations of each independent object, in order of invocation. */
function partsOf<State>(
  operations: readonly Operation[],
  model: Model<State>,
): Map<unknown, readonly Operation[]> {
  const keyed = operations.some(({ key }) => key !== undefined);
  if (!keyed && !model.partition) return new Map([[undefined, operations]]);
  const parts = new Map<unknown, Operation[]>();
  for (const operation of operations) {
    const raw = model.partition ? model.partition(operation) : operation.key;
    const key = typeof raw === "object" && raw !== null ? keyOf(raw) : raw;
    const part = parts.get(key);
    if (part) part.push(operation);
    else parts.set(key, [operation]);
  }
  return parts;
}

/** Re-exported for models that name values. */
export { show };
