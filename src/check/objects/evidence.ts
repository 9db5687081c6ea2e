/**
 * Minimises a violation and describes it: the smallest set of operations found that still contradict each
 * other.
 */
import { formatNs } from "../../base/units.ts";
import type { Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import type { Evidence, Step } from "../verdict.ts";
import { describeOperation, type Model } from "./model.ts";
import { plan, type Plan } from "./plan.ts";
import { search, type SearchResult } from "./search.ts";

/** How far before the end of the search a cause is looked for, in events. */
const windowMax = 4_096;
/** Histories up to this length are first minimised as a whole. */
const prefixMax = 2_000;
/** More operations than this are a poor explanation, if fewer together with possible start states suffice. */
const coreMax = 12;
/** With more start states than this, the object's past is a poor explanation. */
const startsMax = 64;
/** The time limit of one attempt to leave something out, in milliseconds. */
const oracleMsMax = 50;

/** The reason why a history is not linearizable, before it is formatted. */
export interface Cause {
  /** The operations that contradict each other. */
  readonly operations: readonly Operation[];
  /** The possible states of the object before them; `undefined` for its initial state. */
  readonly before?: readonly string[] | undefined;
  readonly summary: string;
  readonly anomaly?: string | undefined;
  /** The impossible operation, if one stands out, and the states that the object could be in instead. */
  readonly impossible?: { readonly operation: Operation; readonly states: readonly string[] };
}

type Failure = Extract<SearchResult, { result: "not" }>;

/**
 * Minimises the result of the search. Leaving out a write would make its reads wrong artificially, so
 * operations that are left out remain possible: they may have happened at any time and any number of times.
 * A remaining contradiction therefore holds whatever else the history contains.
 */
export function shrink<State>(
  whole: Plan<State>,
  failure: Failure,
  starts: readonly number[],
  budget: Budget,
): Cause {
  const { model, machine, operations } = whole;
  const culprit = operations[failure.at] as Operation;
  const firsts = starts.map((id) => ({
    state: machine.state(id),
    used: new Set<number>(),
    free: new Set<number>(),
  }));
  const prefix = cutAt(operations, culprit.completeRank);
  const all: View<State> = { model, operations: prefix, starts: firsts, cut: false };
  const others = operations.filter((operation) => operation !== culprit);
  if (model.bounded && fails(all, [culprit], others, budget)) {
    const words = describeOperation(model as Model<never>, culprit);
    return {
      operations: [culprit],
      summary: `${words}: nothing that was asked in the whole history can lead to that`,
      anomaly: "from nowhere",
    };
  }
  let view = all;
  let kept: readonly Operation[] | undefined;
  if (prefix.length <= prefixMax) {
    kept = fewest(all, culprit, budget.part(budget.remainingMs / 2));
  }
  // Old writes of the same value can make the whole past part of the proof. In that case the states
  // possible at a later moment replace it.
  if (!kept || kept.length > coreMax) {
    const late = narrowest(whole, failure, starts, culprit, prefix, budget);
    const keptLate = late && fewest(late, culprit, budget);
    if (late && keptLate && keptLate.length < (kept?.length ?? Infinity)) {
      view = late;
      kept = keptLate;
    }
  }
  const states = failure.states.map((id) => nameOf(model, machine.state(id)));
  const core = kept ?? prefix;
  return {
    operations: core.map((operation) => original(operations, operation)),
    before: view.cut ? view.starts.map(({ state }) => nameOf(model, state)) : undefined,
    impossible: { operation: culprit, states: [...new Set(states)] },
    summary:
      core.length === 1
        ? `what this operation was told, the ${model.name} could not be`
        : `no order that real time allows explains these ${core.length} operations of ${withArticle(model.name)}`,
    anomaly: "not linearizable",
  };
}

/** Leaves out as much as possible, in halves, quarters and so on; the culprit stays. */
function fewest<State>(
  view: View<State>,
  culprit: Operation,
  budget: Budget,
): readonly Operation[] {
  const { model } = view;
  const groupOf = (operation: Operation): unknown => model.group?.(operation) ?? operation.index;
  const stays = groupOf(culprit);
  let kept = view.operations;
  let loose: readonly Operation[] = [];
  let keys = [...new Set(kept.map(groupOf))].filter((key) => key !== stays);
  for (let chunk = Math.max(1, keys.length >> 1); ; chunk >>= 1) {
    for (let at = 0; at < keys.length && !budget.spentNow();) {
      const gone = new Set(keys.slice(at, at + chunk));
      const without = kept.filter((operation) => !gone.has(groupOf(operation)));
      const more = kept.filter(
        (operation) => gone.has(groupOf(operation)) && model.group?.(operation) === undefined,
      );
      const looser = [...loose, ...more];
      if (fails(view, without, looser, budget)) {
        kept = without;
        loose = looser;
        keys = keys.filter((key) => !gone.has(key));
      } else at += chunk;
    }
    if (chunk <= 1) return kept;
  }
}

/** A state, and the operations (by index) that were already taken or no longer have to be taken. */
interface Start<State> {
  readonly state: State;
  readonly used: ReadonlySet<number>;
  readonly free: ReadonlySet<number>;
}

interface View<State> {
  readonly model: Model<State>;
  readonly operations: readonly Operation[];
  /** The states possible at its beginning. */
  readonly starts: readonly Start<State>[];
  /** Whether the beginning of the history was left out. */
  readonly cut: boolean;
}

/**
 * The latest beginning from which the failure still follows, given the states possible at that point.
 * Prefers a slightly earlier one with fewer states.
 */
function narrowest<State>(
  whole: Plan<State>,
  failure: Failure,
  starts: readonly number[],
  culprit: Operation,
  prefix: readonly Operation[],
  budget: Budget,
): View<State> | undefined {
  const { model, machine, events, operations } = whole;
  const end = events.indexOf(failure.at * 2 + 1);
  const again = search(whole as Plan<never>, starts, budget, end - windowMax);
  if (again.result !== "not") return undefined;
  let best: View<State> | undefined;
  let left = 4;
  for (let back = 4; back < Math.min(windowMax, end) && left > 0 && !budget.spentNow(); back *= 2) {
    const at = nextReturn(events, end - back);
    const moments = again.watched.get(at);
    if (!moments || moments.length > startsMax) continue;
    if (best && moments.length >= best.starts.length) continue;
    const rank = operations[(events[at] as number) >> 1]?.completeRank as number;
    const view: View<State> = {
      model,
      operations: prefix.filter(({ completeRank }) => completeRank >= rank),
      starts: moments.map(({ state, used, free }) => ({
        state: machine.state(state),
        used: new Set(used.map((i) => operations[i]?.index as number)),
        free: new Set(free.map((i) => operations[i]?.index as number)),
      })),
      cut: true,
    };
    if (!view.operations.includes(culprit)) continue;
    if (fails(view, view.operations, [], budget)) best = view;
    if (best) left--;
    if (best?.starts.length === 1) break;
  }
  return best;
}

function nextReturn(events: Int32Array, from: number): number {
  let at = Math.max(0, from);
  while (at < events.length && ((events[at] as number) & 1) === 0) at++;
  return at;
}

/**
 * The history up to `rank`: operations that began later are left out, those that ended later are still
 * open.
 */
function cutAt(operations: readonly Operation[], rank: number): Operation[] {
  return operations
    .filter(({ invokeRank }) => invokeRank < rank)
    .map((operation) => (operation.completeRank > rank ? unanswered(operation) : operation));
}

/**
 * Whether `operations` contradict each other even if `loose` ones are unconstrained. If the object has
 * finitely many states, loose operations may happen at any time and any number of times; otherwise once,
 * after they began.
 */
function fails<State>(
  { model, starts }: View<State>,
  operations: readonly Operation[],
  loose: readonly Operation[],
  budget: Budget,
): boolean {
  return starts.every(({ state, used, free }) => {
    const held = operations
      .filter(({ index }) => !used.has(index))
      .map((operation) => (free.has(operation.index) ? unanswered(operation) : operation));
    const left = loose.filter(({ index }) => !used.has(index)).map(unanswered);
    const made = model.bounded
      ? plan(model, held, { ambient: left })
      : plan(
          model,
          [...held, ...left].sort((a, b) => a.invokeRank - b.invokeRank),
        );
    const ids = [made.machine.intern(state)];
    return search(made as Plan<never>, ids, budget.part(oracleMsMax)).result === "not";
  });
}

function unanswered(operation: Operation): Operation {
  // If it did happen, it gave the same answer.
  return { ...operation, outcome: "info", completeRank: Infinity };
}

function nameOf<State>(model: Model<State>, state: State): string {
  return model.show ? model.show(state) : String(state);
}

/** The original operation of the history, without the cut. */
function original(operations: readonly Operation[], operation: Operation): Operation {
  return operations.find(({ index }) => index === operation.index) ?? operation;
}

/**
 * Leaves out whole groups (all operations on one element) as long as `fails` says that the rest still
 * contradicts itself. For specialists, whose culprits are few already.
 */
export function shrinkGroups(
  operations: readonly Operation[],
  group: ((operation: Operation) => unknown) | undefined,
  fails: (operations: readonly Operation[]) => boolean,
  budget: Budget,
): readonly Operation[] {
  if (!fails(operations)) return operations;
  const groupOf = (operation: Operation): unknown => group?.(operation) ?? operation.index;
  let kept = operations;
  let keys = [...new Set(kept.map(groupOf))];
  for (let chunk = Math.max(1, keys.length >> 1); ; chunk >>= 1) {
    for (let at = 0; at < keys.length && !budget.spentNow();) {
      const gone = new Set(keys.slice(at, at + chunk));
      const without = kept.filter((operation) => !gone.has(groupOf(operation)));
      if (without.length > 0 && fails(without)) {
        kept = without;
        keys = keys.filter((key) => !gone.has(key));
      } else at += chunk;
    }
    if (chunk <= 1) return kept;
  }
}

/** Describes a cause: a sentence for each operation, in order of invocation. */
export function tell(cause: Cause, model: Model<never>, key: unknown): Evidence {
  const clocked = cause.operations.some(({ invokeNs, invokeRank }) => invokeNs !== invokeRank);
  const sorted = [...cause.operations].sort((a, b) => a.invokeRank - b.invokeRank);
  const steps: Step[] = [];
  const first = sorted[0];
  if (cause.before && first) {
    steps.push({
      atNs: clocked ? first.invokeNs : undefined,
      text: `before this, the ${model.name} could only be: ${orList(cause.before)}`,
    });
  }
  for (const operation of sorted) {
    const wrong = cause.impossible?.operation === operation ? cause.impossible.states : undefined;
    const span = clocked ? ` (${spanOf(operation)})` : "";
    const why =
      wrong && wrong.length > 0
        ? `, yet by then the ${model.name} could only be: ${orList(wrong)}`
        : wrong
          ? ", which nothing before it explains"
          : "";
    const events = [operation.invokeEvent, operation.completeEvent].filter(
      (id) => id !== undefined,
    );
    steps.push({
      atNs: clocked ? operation.invokeNs : undefined,
      who: nameOfProcess(operation.process),
      text: `${describeOperation(model, operation)}${span}${why}`,
      operation: operation.index,
      ...(events.length > 0 ? { events } : {}),
    });
  }
  return {
    summary: `${cause.summary}${key === undefined ? "" : ` (key ${String(key)})`}`,
    ...(cause.anomaly ? { anomaly: cause.anomaly } : {}),
    ...(key === undefined ? {} : { key }),
    steps,
    operations: sorted.map(({ index }) => index),
  };
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) && !name.startsWith("uni") ? "an" : "a"} ${name}`;
}

/** The name of a process for display: "process 3", or its own name. */
export function nameOfProcess(process: number | string): string {
  return typeof process === "number" ? `process ${process}` : process;
}

function spanOf({ invokeNs, completeNs }: Operation): string {
  return completeNs === Infinity
    ? `${formatNs(invokeNs)}, never answered`
    : `${formatNs(invokeNs)} to ${formatNs(completeNs)}`;
}

function orList(names: readonly string[]): string {
  const unique = [...new Set(names)].slice(0, 5);
  if (unique.length < 2) return unique.join("");
  return `${unique.slice(0, -1).join(", ")} or ${unique.at(-1)}`;
}
