/**
 * Conflict-driven clause learning over choices, with a theory that interprets the choices (as in MiniSat;
 * Eén and Sörensson, 2003, and later SMT solvers). The theory is notified of each choice as it is made, and
 * answers with a conflict: a set of choices that are not jointly possible.
 *
 * Variable v has two literals: 2v for true, 2v + 1 for false. Variable 0 is not used. The justification of
 * every learned clause is kept, so that the unsatisfiable part of the problem can be reported at the end.
 */
import type { Budget } from "../budget.ts";

/**
 * A clause that is false, and its further justification besides other clauses: numbers that the theory
 * defines.
 */
export interface Conflict {
  readonly clause: readonly number[];
  readonly evidence: readonly number[];
}

/** The interpretation of choices. */
export interface Theory {
  /** Adds a choice. Returns a conflict if it is impossible. */
  imply(literal: number): Conflict | undefined;
  /** Undoes all choices made above `level`, after `forget` was called for each. */
  backTo(level: number): void;
  /** Called when a variable becomes undecided again. */
  forget(variable: number): void;
}

interface Proof {
  readonly evidence: readonly number[];
  readonly clauses: number[];
  readonly choices: number[];
}

/** The current state of the choices. */
export class ClauseLearner {
  readonly #theory: Theory;
  readonly #budget: Budget;
  readonly #value: number[] = [0];
  readonly #level: number[] = [0];
  readonly #reason: number[] = [-1];
  readonly #phase: number[] = [0];
  readonly #clauses: number[][] = [];
  readonly #watches: number[][] = [[], []];
  readonly #proofs: Proof[] = [];
  readonly #trail: number[] = [];
  readonly #levelStart: number[] = [];
  #propagated = 0;
  /** The number of the clause of the last conflict; -1 if it came from the theory. */
  #conflictClause = -1;

  constructor(theory: Theory, budget: Budget) {
    this.#theory = theory;
    this.#budget = budget;
  }

  /** Creates a variable and returns its number. */
  create(): number {
    this.#value.push(0);
    this.#level.push(0);
    this.#reason.push(-1);
    this.#phase.push(0);
    this.#watches.push([], []);
    return this.#value.length - 1;
  }

  /** 1 if a literal is true, -1 if it is false, 0 if it is undecided. */
  truth(literal: number): number {
    const value = this.#value[literal >> 1] as number;
    return (literal & 1) === 0 ? value : -value;
  }

  /** The last value of a variable: 1 or -1, or 0 if it never had one. */
  phase(variable: number): number {
    return this.#phase[variable] as number;
  }

  /** Makes a literal true permanently. */
  settle(literal: number): void {
    this.#assign(literal, -1);
  }

  /** Tries a literal. It starts a new decision level. */
  decide(literal: number): void {
    this.#levelStart.push(this.#trail.length);
    this.#assign(literal, -1);
  }

  #assign(literal: number, reason: number): void {
    const variable = literal >> 1;
    const value = (literal & 1) === 0 ? 1 : -1;
    this.#value[variable] = value;
    this.#phase[variable] = value;
    this.#level[variable] = this.#levelStart.length;
    this.#reason[variable] = reason;
    this.#trail.push(literal);
  }

  /** Propagates all consequences. Returns a conflict if there is one. */
  propagate(): Conflict | undefined {
    while (this.#propagated < this.#trail.length) {
      this.#budget.demand();
      const literal = this.#trail[this.#propagated++] as number;
      this.#conflictClause = -1;
      const conflict = this.#theory.imply(literal) ?? this.#falsify(literal ^ 1);
      if (conflict) return conflict;
    }
    this.#conflictClause = -1;
    return undefined;
  }

  /** Processes the clauses that watch a literal which has become false. */
  #falsify(falsified: number): Conflict | undefined {
    const watching = this.#watches[falsified] as number[];
    let kept = 0;
    for (let i = 0; i < watching.length; i++) {
      const at = watching[i] as number;
      const clause = this.#clauses[at] as number[];
      if (clause[0] === falsified) {
        clause[0] = clause[1] as number;
        clause[1] = falsified;
      }
      const first = clause[0] as number;
      if (this.truth(first) === 1) watching[kept++] = at;
      else if (!this.#rewatch(clause, at)) {
        watching[kept++] = at;
        if (this.truth(first) === -1) {
          for (let j = i + 1; j < watching.length; j++) watching[kept++] = watching[j] as number;
          watching.length = kept;
          this.#conflictClause = at;
          return { clause, evidence: [] };
        }
        this.#assign(first, at);
      }
    }
    watching.length = kept;
    return undefined;
  }

  #rewatch(clause: number[], at: number): boolean {
    for (let i = 2; i < clause.length; i++) {
      const literal = clause[i] as number;
      if (this.truth(literal) === -1) continue;
      clause[i] = clause[1] as number;
      clause[1] = literal;
      (this.#watches[literal] as number[]).push(at);
      return true;
    }
    return false;
  }

  /**
   * Learns from a conflict and backtracks to the level at which the learned clause decides a literal.
   * Returns false if the conflict does not depend on any decision, so there is no solution.
   */
  learn(conflict: Conflict): boolean {
    let top = 0;
    for (const literal of conflict.clause) {
      top = Math.max(top, this.#level[literal >> 1] as number);
    }
    if (top === 0) return false;
    this.#backTo(top);
    const { evidence } = conflict;
    const clauses = this.#conflictClause >= 0 ? [this.#conflictClause] : [];
    const proof: Proof = { evidence, clauses, choices: [] };
    const learned = this.#analyse(conflict.clause, top, proof);
    let back = 0;
    let second = 1;
    for (let i = 1; i < learned.length; i++) {
      const level = this.#level[(learned[i] as number) >> 1] as number;
      if (level > back) {
        back = level;
        second = i;
      }
    }
    this.#backTo(back);
    const at = this.#clauses.length;
    this.#clauses.push(learned);
    this.#proofs.push(proof);
    if (learned.length > 1) {
      const swap = learned[1] as number;
      learned[1] = learned[second] as number;
      learned[second] = swap;
      (this.#watches[learned[0] as number] as number[]).push(at);
      (this.#watches[learned[1] as number] as number[]).push(at);
    }
    this.#assign(learned[0] as number, at);
    return true;
  }

  /**
   * Resolves a conflict back to the single literal of its level that it depends on (first unique
   * implication point).
   */
  #analyse(conflict: readonly number[], top: number, proof: Proof): number[] {
    const seen = new Set<number>();
    const lower: number[] = [];
    let open = 0;
    let clause: readonly number[] = conflict;
    let at = this.#trail.length - 1;
    for (;;) {
      for (const literal of clause) {
        const variable = literal >> 1;
        if (seen.has(variable) || this.truth(literal) !== -1) continue;
        seen.add(variable);
        const level = this.#level[variable] as number;
        if (level === top) open++;
        else if (level > 0) lower.push(literal);
        else proof.choices.push(variable);
      }
      while (!seen.has((this.#trail[at] as number) >> 1)) at--;
      const literal = this.#trail[at--] as number;
      if (--open === 0) return [literal ^ 1, ...lower];
      const reason = this.#reason[literal >> 1] as number;
      proof.clauses.push(reason);
      clause = this.#clauses[reason] as number[];
    }
  }

  #backTo(level: number): void {
    if (level >= this.#levelStart.length) return;
    const start = this.#levelStart[level] as number;
    for (let i = this.#trail.length - 1; i >= start; i--) {
      const variable = (this.#trail[i] as number) >> 1;
      this.#value[variable] = 0;
      this.#theory.forget(variable);
    }
    this.#trail.length = start;
    this.#levelStart.length = level;
    this.#propagated = Math.min(this.#propagated, start);
    this.#theory.backTo(level);
  }

  /** The justification of a conflict without decisions: the theory's evidence, and the relevant variables. */
  core(conflict: Conflict): {
    readonly evidence: ReadonlySet<number>;
    readonly variables: ReadonlySet<number>;
  } {
    const evidence = new Set(conflict.evidence);
    const clauses = new Set<number>();
    const variables = new Set<number>(conflict.clause.map((literal) => literal >> 1));
    if (this.#conflictClause >= 0) clauses.add(this.#conflictClause);
    const explained = new Set<number>();
    const explain = (): void => {
      for (const variable of variables) {
        if (explained.has(variable)) continue;
        explained.add(variable);
        const reason = this.#reason[variable] as number;
        if (reason < 0) continue;
        clauses.add(reason);
        for (const literal of this.#clauses[reason] as number[]) variables.add(literal >> 1);
      }
    };
    explain();
    for (const clause of clauses) {
      const proof = this.#proofs[clause] as Proof;
      for (const each of proof.evidence) evidence.add(each);
      for (const used of proof.clauses) clauses.add(used);
      for (const variable of proof.choices) variables.add(variable);
      explain();
    }
    return { evidence, variables };
  }
}
