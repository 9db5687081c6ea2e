/**
 * Judges one object: with a specialist if one supports its kind of history, otherwise with the general
 * search.
 */
import type { Operation } from "../../history/operation.ts";
import type { Budget } from "../budget.ts";
import { shrink, shrinkGroups, type Cause } from "./evidence.ts";
import type { Model } from "./model.ts";
import { plan, type Plan } from "./plan.ts";
import { Search, type SearchResult } from "./search.ts";
import type { Specialist, SpecialistResult } from "./specialist.ts";

/** Options of a check for linearizability. */
export interface LinearizableOptions {
  readonly budget: Budget;
  readonly specialists?: readonly Specialist[];
  /** The initial state that the source specifies, if any. */
  readonly initial?: unknown;
  /** Do not minimise violations. */
  readonly decideOnly?: boolean | undefined;
  /** The maximum number of violated objects to report. */
  readonly evidenceMax?: number;
}

/** The time limit of minimising a violation, in milliseconds. A late report is worse than a large one. */
const shrinkMsMax = 3_000;

type Broken = Extract<SpecialistResult, { result: "not" }>;

/** One object under judgement. */
export class Judge<State = unknown> {
  readonly key: unknown;
  readonly #operations: readonly Operation[];
  readonly #model: Model<State>;
  readonly #options: LinearizableOptions;
  /** The result so far; `undefined` while it still has to be searched. */
  result: "holds" | "violated" | "unknown" | undefined;
  /** The algorithm that decided it. */
  algorithm: string | undefined;
  /** The reason if it is unknown. */
  why: string | undefined;
  /** What was established before it had to stop. */
  partly: string | undefined;
  /** The reason if it is violated, once {@link explain} was called. */
  cause: Cause | undefined;
  #explain: (() => Cause) | undefined;
  #plan: Plan<State> | undefined;
  #starts: readonly number[] = [];
  #search: Search | undefined;

  constructor(
    key: unknown,
    operations: readonly Operation[],
    model: Model<State>,
    options: LinearizableOptions,
  ) {
    this.key = key;
    this.#operations = operations;
    this.#model = model;
    this.#options = options;
  }

  /** The approximate memory of its search in bytes. */
  get bytes(): number {
    return this.#search?.bytes ?? 0;
  }

  /** Decides everything that does not need a search. */
  begin(): void {
    const { specialists, initial } = this.#options;
    for (const specialist of specialists ?? []) {
      const found = specialist.decide(this.#operations, initial);
      if (!found) continue;
      this.algorithm = specialist.name;
      this.result = found.result === "not" ? "violated" : "holds";
      if (found.result === "not") this.#explain = () => this.#causeOf(found, specialist);
      return;
    }
    const unwritten = this.#model.unwritten?.(this.#operations, initial);
    if (!unwritten) return;
    this.algorithm = "one pass for answers that nothing asked can explain";
    this.#violate(() => ({
      operations: unwritten.operations,
      summary: unwritten.summary,
      anomaly: "unwritten value",
    }));
  }

  /** Continues the search for `steps` more configurations, within `budget`. */
  advance(steps: number, budget: Budget): void {
    this.algorithm = "search with free operations, kinds and dominance";
    const { made, starts } = this.#prepare();
    this.#search ??= new Search(made as Plan<never>, starts, budget);
    const found = this.#search.advance(steps);
    const answered = made.operations.filter(({ outcome }) => outcome === "ok").length;
    this.partly = `the first ${this.#search.returns} of ${answered} answers can be explained`;
    if (found?.result === "linearizable") this.result = "holds";
    if (found?.result === "unknown") {
      this.result = "unknown";
      this.why = found.why;
    }
    if (found?.result === "not") this.#violate(() => this.#causeOfFailure(found, made, starts));
    if (found) this.#search = undefined;
    if (found && found.result !== "not") this.#plan = undefined;
  }

  /** Minimises a violation. */
  explain(): void {
    this.cause ??= this.#explain?.();
  }

  /** Releases the memory of the search. The next turn starts again from the beginning. */
  rest(): void {
    this.#search = undefined;
    this.#plan = undefined;
  }

  #violate(cause: () => Cause): void {
    this.result = "violated";
    this.#explain = cause;
  }

  #prepare(): { made: Plan<State>; starts: readonly number[] } {
    if (!this.#plan) {
      const { initial } = this.#options;
      const needed = this.#model.needed?.(this.#operations, initial) ?? this.#operations;
      const model = this.#model.within?.(needed) ?? this.#model;
      this.#plan = plan(model, needed);
      this.#starts = [this.#plan.machine.intern(model.initial(initial))];
    }
    return { made: this.#plan, starts: this.#starts };
  }

  #causeOfFailure(
    found: Extract<SearchResult, { result: "not" }>,
    made: Plan<State>,
    starts: readonly number[],
  ): Cause {
    if (this.#options.decideOnly) {
      const culprit = made.operations[found.at] as Operation;
      const summary = `not linearizable: no ${this.#model.name} answers so`;
      return { operations: [culprit], summary };
    }
    return shrink(made, found, starts, this.#options.budget.part(shrinkMsMax));
  }

  /** Minimises what a specialist found. */
  #causeOf(found: Broken, specialist: Specialist): Cause {
    const { decideOnly, budget, initial } = this.#options;
    if (decideOnly) return { ...found, operations: found.culprits };
    if (found.needsOthers) {
      const { made, starts } = this.#prepare();
      const search = new Search(made as Plan<never>, starts, budget.part(shrinkMsMax));
      const again = search.advance(Infinity);
      if (again?.result === "not") return this.#causeOfFailure(again, made, starts);
    }
    const culprits = found.needsOthers ? this.#operations : found.culprits;
    const sorted = [...new Set(culprits)].sort((a, b) => a.invokeRank - b.invokeRank);
    const { group } = this.#model;
    let last = found;
    const operations = shrinkGroups(
      sorted,
      group ? (operation) => group(operation) : undefined,
      (kept) => {
        const again = specialist.decide(kept, initial);
        // Only the same kind of contradiction counts. A read without its write, for example, would be
        // another kind.
        if (again?.result !== "not" || again.anomaly !== found.anomaly) return false;
        last = again;
        return true;
      },
      budget.part(shrinkMsMax),
    );
    return { operations, summary: last.summary, anomaly: found.anomaly };
  }
}
