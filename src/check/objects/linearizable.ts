/**
 * Decides linearizability: each independent object on its own, by a specialist where one knows its kind
 * of history, and by the general search otherwise.
 */
import type { History, Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import type { CheckResult } from "../checker.ts";
import type { Evidence } from "../verdict.ts";
import { shrink, shrinkGroups, tell, type Cause } from "./evidence.ts";
import { keyOf, show, type Model } from "./model.ts";
import { plan, type Plan } from "./plan.ts";
import { search } from "./search.ts";
import type { Specialist, SpecialistResult } from "./specialist.ts";

/** What a check for linearizability is told. */
export interface LinearizableOptions {
  readonly budget: Budget;
  readonly specialists?: readonly Specialist[];
  /** The first state that the source names, if it does. */
  readonly initial?: unknown;
  /** Leave violations as they were found, as large as they are. */
  readonly decideOnly?: boolean | undefined;
  /** How many violated objects to tell of. */
  readonly evidenceMax?: number;
}

/** How long a violation may take to be made small, in milliseconds: being told late is worse. */
const shrinkMsMax = 3_000;

/** Judges whether `history` is linearizable for `model`. */
export function checkLinearizable<State>(
  history: History,
  model: Model<State>,
  options: LinearizableOptions,
): CheckResult {
  const parts = partsOf(history.operations, model);
  const evidence: Evidence[] = [];
  const undecided: Judgement[] = [];
  const algorithms = new Set<string>();
  let decided = 0;
  for (const [key, operations] of parts) {
    if (evidence.length >= (options.decideOnly ? 1 : (options.evidenceMax ?? 3))) break;
    const judged: Judgement = options.budget.spent()
      ? { unknown: options.budget.why ?? "the budget was spent" }
      : judge(operations, model, options);
    if (judged.algorithm) algorithms.add(judged.algorithm);
    if (judged.unknown !== undefined) undecided.push(judged);
    else decided++;
    if (judged.cause)
      evidence.push(tell(judged.cause, model as Model<never>, parts.size > 1 ? key : undefined));
  }
  const details = {
    algorithms: [...algorithms],
    objects: parts.size,
    operations: history.operations.length,
  };
  if (evidence.length > 0) {
    return { verdict: { result: "violated", evidence, violates: ["linearizable"] }, details };
  }
  if (undecided.length > 0) {
    const [{ unknown: why = "", decided: partly } = {}] = undecided;
    const objects = `${decided} of ${parts.size} objects hold, ${undecided.length} undecided`;
    const said =
      parts.size === 1 && partly
        ? partly
        : partly
          ? `${objects}; of the first of those, ${partly}`
          : objects;
    return { verdict: { result: "unknown", why, decided: said }, details };
  }
  return { verdict: { result: "holds", note: [...algorithms].join("; ") }, details };
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

interface Judgement {
  readonly algorithm?: string;
  readonly cause?: Cause;
  readonly unknown?: string;
  /** What was found out before it had to stop. */
  readonly decided?: string;
}

function judge<State>(
  operations: readonly Operation[],
  model: Model<State>,
  options: LinearizableOptions,
): Judgement {
  for (const specialist of options.specialists ?? []) {
    const found = specialist.decide(operations, options.initial);
    if (!found) continue;
    if (found.result === "linearizable") return { algorithm: specialist.name };
    if (options.decideOnly) {
      return { algorithm: specialist.name, cause: { ...found, operations: found.culprits } };
    }
    return { algorithm: specialist.name, cause: causeOf(found, specialist, model, options) };
  }
  const algorithm = "search with free operations, kinds and dominance";
  const made = plan(model, model.needed?.(operations, options.initial) ?? operations);
  const starts = [made.machine.intern(model.initial(options.initial))];
  const found = search(made as Plan<never>, starts, options.budget);
  if (found.result === "linearizable") return { algorithm };
  if (found.result === "unknown") {
    const answered = made.operations.filter(({ outcome }) => outcome === "ok").length;
    const decided = `the first ${found.returns} of ${answered} answers can be explained`;
    return { algorithm, unknown: found.why, decided };
  }
  if (options.decideOnly) {
    const culprit = made.operations[found.at] as Operation;
    return {
      algorithm,
      cause: { operations: [culprit], summary: `not linearizable: no ${model.name} answers so` },
    };
  }
  return { algorithm, cause: shrink(made, found, starts, options.budget.part(shrinkMsMax)) };
}

function causeOf<State>(
  found: Extract<SpecialistResult, { result: "not" }>,
  specialist: Specialist,
  model: Model<State>,
  { budget, initial }: LinearizableOptions,
): Cause {
  const sorted = [...new Set(found.culprits)].sort((a, b) => a.invokeRank - b.invokeRank);
  const group = model.group;
  let last = found;
  const operations = shrinkGroups(
    sorted,
    group ? (operation) => group(operation) : undefined,
    (kept) => {
      const again = specialist.decide(kept, initial);
      // Only the same kind of contradiction counts: a read without its write would be another one.
      if (again?.result !== "not" || again.anomaly !== found.anomaly) return false;
      last = again;
      return true;
    },
    budget.part(shrinkMsMax),
  );
  return { operations, summary: last.summary, anomaly: found.anomaly };
}

/** Re-exported for models that name values. */
export { show };
