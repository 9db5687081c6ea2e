/**
 * Decides whether some order of versions explains a history of registers: a complete check of prefix
 * consistency, snapshot isolation and serializability.
 *
 * The question is a polygraph (Papadimitriou, 1979): for every two transactions that wrote one key, either
 * may come first, and each choice adds dependencies; is there a choice without a cycle? It is NP-complete.
 * Choices are made lazily: a topological order of what is known is itself a candidate, each read that it
 * gets wrong names one choice to make, and a cycle is learned from as a clause (conflict-driven clause
 * learning with the acyclicity of a graph as theory). A history that was recorded from a correct system
 * is mostly explained by the first candidate.
 */
import { Budget } from "../budget.ts";
import type { Committed } from "./committed.ts";
import { FIRST } from "./committed.ts";
import { bump, take } from "./columns.ts";
import { PathFinder } from "./cycle-paths.ts";
import { EdgeList, components, graphOf } from "./graph.ts";
import { OrderGraph, topologicalPlaces } from "./order-graph.ts";

/**
 * What the order is of. `serializable`: transactions. `snapshot`: their snapshots and commits, and two
 * that wrote one key do not overlap. `prefix`: the same, but they may. `parallel`: of writes alone, such
 * that nobody misses what it depends on (parallel snapshot isolation).
 */
export type OrderKind = "serializable" | "snapshot" | "prefix" | "parallel";

/** The answer. */
export interface OrderAnswer {
  readonly exists: boolean;
  /** If there is none: transactions (numbers of `Committed`) among which there already is none. */
  readonly core: readonly number[];
}

/** What an order must respect besides the reads. */
export interface Given {
  /** Edges between committed transactions: sessions, real time. */
  readonly precedence: EdgeList;
  /** Writers of which it is known that one overwrote the other. */
  readonly known: EdgeList;
}

/** Looks for an order. Throws `BudgetSpent`. */
export function findOrder(
  committed: Committed,
  kind: OrderKind,
  given: Given,
  budget: Budget,
): OrderAnswer {
  return new OrderSolver(committed, kind, given, budget).solve() as OrderAnswer;
}

/** One search for an order; it can be interrupted and taken up again. */
export class OrderSolver {
  readonly #committed: Committed;
  readonly #kind: OrderKind;
  readonly #budget: Budget;
  readonly #given: Given;
  readonly #split: boolean;
  #graph!: OrderGraph;

  /** Writers by key, and readers by the write they saw. */
  readonly #writerStart: Int32Array;
  readonly #writer: Int32Array;
  readonly #readers: Readers;

  /** Choices: variable v says that `#first[v]` comes before `#second[v]`; literal 2v is that, 2v + 1 its opposite. */
  readonly #choiceOf = new Map<number, number>();
  readonly #first: number[] = [0];
  readonly #second: number[] = [0];
  readonly #value: number[] = [0];
  readonly #level: number[] = [0];
  readonly #reason: number[] = [-1];
  readonly #phase: number[] = [0];
  readonly #clauses: number[][] = [];
  readonly #watches: number[][] = [[], []];
  readonly #trail: number[] = [];
  readonly #levelStart: number[] = [];
  readonly #edgesAtLevel: number[] = [];
  #propagated = 0;
  #begun = false;

  /** Why each clause was learned: the transactions of its cycles, the clauses and settled choices it used. */
  readonly #proofs: { transactions: number[]; clauses: number[]; choices: number[] }[] = [];
  /** The transactions of the cycle that the last conflict was; or, by number, the clause. */
  #conflictCycle: number[] = [];
  #conflictClause = -1;

  readonly #dirty: number[] = [];
  readonly #isDirty: Uint8Array;
  readonly #core = new Set<number>();
  /** The clause of the last conflict that `#nextChoice` ran into. */
  #lazyConflict: number[] = [];

  constructor(committed: Committed, kind: OrderKind, given: Given, budget: Budget) {
    this.#committed = committed;
    this.#kind = kind;
    this.#budget = budget;
    this.#given = given;
    this.#split = kind === "snapshot" || kind === "prefix";
    const keys = committed.table.keys.length;
    [this.#writerStart, this.#writer] = writersByKey(committed, keys);
    this.#readers = readersByWriter(committed, keys);
    this.#isDirty = new Uint8Array(keys);
  }

  /** Searches on, for at most so many conflicts; `undefined` if that was not enough. */
  solve(conflictsMax: number = Infinity): OrderAnswer | undefined {
    if (!this.#begun) {
      this.#begun = true;
      if (!this.#begin() || !this.#assert(this.#given.known)) return this.#impossible();
      for (let key = 0; key < this.#isDirty.length; key++) this.#soil(key);
    }
    for (let conflicts = 0; ;) {
      let conflict = this.#propagate();
      if (!conflict) {
        const choice = this.#nextChoice();
        if (choice === 0) return { exists: true, core: [] };
        if (choice > 0) {
          this.#levelStart.push(this.#trail.length);
          this.#edgesAtLevel.push(this.#graph.edges);
          this.#assign(choice, -1);
          continue;
        }
        conflict = this.#lazyConflict;
      }
      if (!this.#learn(conflict)) return this.#impossible();
      if (++conflicts > conflictsMax) return undefined;
    }
  }

  #impossible(): OrderAnswer {
    return { exists: false, core: [...this.#core] };
  }

  /** The vertex at which a transaction reads; that at which it writes. */
  #readAt(c: number): number {
    return this.#split ? 2 * c : c;
  }

  #writeAt(c: number): number {
    return this.#split ? 2 * c + 1 : c;
  }

  #transactionAt(vertex: number): number {
    return this.#split ? vertex >> 1 : vertex;
  }

  /** Puts up the graph of what is certain. False if that alone is cyclic. */
  #begin(): boolean {
    const { count, readStart, readFrom, row, table } = this.#committed;
    const edges = new EdgeList();
    for (let c = 0; c < count; c++) {
      if (this.#split) edges.add(2 * c, 2 * c + 1, 1);
      for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
        const from = readFrom[i] as number;
        if (from !== FIRST) edges.add(this.#writeAt(from), this.#readAt(c), 1);
      }
    }
    const { from, to, length } = this.#given.precedence;
    for (let i = 0; i < length; i++) {
      edges.add(this.#writeAt(from.data[i] as number), this.#readAt(to.data[i] as number), 1);
    }
    const size = this.#split ? 2 * count : count;
    const hint = new Float64Array(size);
    for (let c = 0; c < count; c++) {
      // Transactions take effect between invocation and completion; a crashed one, before it was seen.
      const t = row[c] as number;
      const start = table.invokeRank[t] as number;
      const end = table.completeRank[t] as number;
      hint[this.#readAt(c)] = this.#split ? start : end === Infinity ? start : end;
      if (this.#split) hint[this.#writeAt(c)] = end === Infinity ? start : end;
    }
    const place = topologicalPlaces(size, edges, hint);
    if (!place) {
      for (const vertex of someCycle(size, edges)) this.#core.add(this.#transactionAt(vertex));
      return false;
    }
    this.#graph = new OrderGraph(place, this.#budget);
    for (let i = 0; i < edges.length; i++) {
      this.#graph.add(edges.from.data[i] as number, edges.to.data[i] as number, 0);
    }
    return true;
  }

  /** Takes for certain what is known of the order of writes. False if that contradicts itself. */
  #assert(known: EdgeList): boolean {
    for (let i = 0; i < known.length; i++) {
      const a = known.from.data[i] as number;
      const b = known.to.data[i] as number;
      const literal = this.#literalOf(a, b);
      if (this.#truth(literal) === -1) {
        this.#core.add(a).add(b);
        return false;
      }
      if (this.#truth(literal) === 0) this.#assign(literal, -1);
    }
    return true;
  }

  #soil(key: number): void {
    if (this.#isDirty[key] === 1) return;
    this.#isDirty[key] = 1;
    this.#dirty.push(key);
  }

  #soilWrites(c: number): void {
    const { writeStart, writeKey } = this.#committed;
    for (let i = writeStart[c] as number; i < (writeStart[c + 1] as number); i++) {
      this.#soil(writeKey[i] as number);
    }
  }

  #soilMoved(): void {
    const { readStart, readKey } = this.#committed;
    const moved = this.#graph.moved;
    for (const vertex of moved) {
      const c = this.#transactionAt(vertex);
      for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
        this.#soil(readKey[i] as number);
      }
      this.#soilWrites(c);
    }
    moved.length = 0;
  }

  /** The next choice to make, as a literal; 0 if the present order explains all; -1 after a conflict. */
  #nextChoice(): number {
    for (;;) {
      this.#soilMoved();
      const key = this.#dirty.pop();
      if (key === undefined) return this.#kind === "parallel" ? this.#checkForks() : 0;
      this.#isDirty[key] = 0;
      this.#budget.demand();
      const choice = this.#checkKey(key);
      if (choice === 0) continue;
      this.#soil(key);
      return choice;
    }
  }

  /** A choice that the present order gets wrong at `key`; 0 if it explains all reads of it; -1: conflict. */
  #checkKey(key: number): number {
    const place = this.#graph.place;
    const from = this.#writerStart[key] as number;
    const to = this.#writerStart[key + 1] as number;
    const writers = this.#writer.subarray(from, to);
    writers.sort(
      (a, b) => (place[this.#writeAt(a)] as number) - (place[this.#writeAt(b)] as number),
    );
    if (this.#kind === "parallel") return this.#chooseAll(writers);
    const first = this.#checkFirstReads(key, writers);
    if (first !== 0) return first;
    for (let i = 0; i + 1 < writers.length; i++) {
      const a = writers[i] as number;
      const b = writers[i + 1] as number;
      const next = place[this.#writeAt(b)] as number;
      if (
        this.#kind === "snapshot" &&
        (place[this.#readAt(b)] as number) < (place[this.#writeAt(a)] as number)
      ) {
        const choice = this.#choice(a, b, b);
        if (choice !== 0) return choice;
      }
      const readers = this.#readers.of(key, a);
      for (let j = 0; j < readers.length; j++) {
        const r = readers[j] as number;
        if (r === b || (place[this.#readAt(r)] as number) < next) continue;
        const choice = this.#choice(a, b, r);
        if (choice !== 0) return choice;
      }
    }
    return 0;
  }

  /** Parallel snapshot isolation needs the order of all writes of a key: the next one not yet chosen. */
  #chooseAll(writers: Int32Array): number {
    for (let i = 0; i + 1 < writers.length; i++) {
      const a = writers[i] as number;
      const b = writers[i + 1] as number;
      const choice = this.#choice(a, b, b);
      if (choice !== 0) return choice;
    }
    return 0;
  }

  /**
   * With all writes in order: nobody may read a state and at the same time depend on who overwrote it.
   * 0 if all is well, -1 after a conflict.
   */
  #checkForks(): number {
    const place = this.#graph.place;
    for (let key = 0; key + 1 < this.#writerStart.length; key++) {
      const from = this.#writerStart[key] as number;
      const writers = this.#writer.subarray(from, this.#writerStart[key + 1] as number);
      writers.sort((a, b) => (place[a] as number) - (place[b] as number));
      for (let i = -1; i + 1 < writers.length; i++) {
        const a = i < 0 ? FIRST : (writers[i] as number);
        const b = writers[i + 1] as number;
        for (const r of this.#readers.of(key, a)) {
          this.#budget.demand();
          if (r === b || !this.#graph.reaches(b, r)) continue;
          const literal = a === FIRST ? 0 : this.#literalOf(a, b);
          this.#lazyConflict = this.#clauseOfCycle(r, b, literal);
          return -1;
        }
      }
    }
    return 0;
  }

  #literalOf(a: number, b: number): number {
    const variable = this.#variable(a, b);
    return (variable << 1) | (this.#first[variable] === a ? 0 : 1);
  }

  /** Whoever read a key's first state comes before all who wrote it. */
  #checkFirstReads(key: number, writers: Int32Array): number {
    const place = this.#graph.place;
    const readers = this.#readers.of(key, FIRST);
    for (let j = 0; j < readers.length; j++) {
      const r = readers[j] as number;
      for (let i = 0; i < writers.length; i++) {
        const b = writers[i] as number;
        if (b === r) continue;
        if ((place[this.#writeAt(b)] as number) > (place[this.#readAt(r)] as number)) break;
        if (!this.#graph.add(this.#readAt(r), this.#writeAt(b), 0)) {
          this.#lazyConflict = this.#clauseOfCycle(this.#readAt(r), this.#writeAt(b), 0);
          return -1;
        }
        i = -1;
        writers.sort(
          (x, y) => (place[this.#writeAt(x)] as number) - (place[this.#writeAt(y)] as number),
        );
      }
    }
    return 0;
  }

  /** The literal to try for "a before b or b before a", which reader r brought up; 0 if it is settled. */
  #choice(a: number, b: number, r: number): number {
    const variable = this.#variable(a, b);
    if (this.#value[variable] !== 0) return 0;
    const before = this.#phase[variable];
    const forward = a === this.#first[variable];
    let aFirst: boolean;
    if (before !== 0) aFirst = (before === 1) === forward;
    else aFirst = this.#likely(a, b, r);
    return (variable << 1) | (aFirst === forward ? 0 : 1);
  }

  /** Whether a probably came before b: by real time, where that tells. */
  #likely(a: number, b: number, r: number): boolean {
    const { row, table } = this.#committed;
    const start = (c: number): number => table.invokeRank[row[c] as number] as number;
    const end = (c: number): number => table.completeRank[row[c] as number] as number;
    if (end(a) < start(b)) return true;
    if (end(b) < start(a)) return false;
    return !(end(b) < start(r));
  }

  #variable(a: number, b: number): number {
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    const name = low * this.#committed.count + high;
    const known = this.#choiceOf.get(name);
    if (known !== undefined) return known;
    const variable = this.#first.length;
    this.#choiceOf.set(name, variable);
    this.#first.push(low);
    this.#second.push(high);
    this.#value.push(0);
    this.#level.push(0);
    this.#reason.push(-1);
    this.#phase.push(0);
    this.#watches.push([], []);
    return variable;
  }

  #truth(literal: number): number {
    const value = this.#value[literal >> 1] as number;
    return (literal & 1) === 0 ? value : -value;
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

  /** Draws all consequences. Returns a clause that is false, if there is one. */
  #propagate(): number[] | undefined {
    while (this.#propagated < this.#trail.length) {
      this.#budget.demand();
      const literal = this.#trail[this.#propagated++] as number;
      const cycle = this.#addEdges(literal);
      if (cycle) return cycle;
      const falsified = literal ^ 1;
      const watching = this.#watches[falsified] as number[];
      let kept = 0;
      for (let i = 0; i < watching.length; i++) {
        const at = watching[i] as number;
        const clause = this.#clauses[at] as number[];
        if (clause[0] === falsified) {
          clause[0] = clause[1] as number;
          clause[1] = falsified;
        }
        if (this.#truth(clause[0] as number) === 1 || !this.#rewatch(clause, at)) {
          watching[kept++] = at;
          if (this.#truth(clause[0] as number) === 1) continue;
          if (this.#truth(clause[0] as number) === -1) {
            for (let j = i + 1; j < watching.length; j++) watching[kept++] = watching[j] as number;
            watching.length = kept;
            this.#conflictClause = at;
            this.#conflictCycle = [];
            return clause;
          }
          this.#assign(clause[0] as number, at);
        }
      }
      watching.length = kept;
    }
    return undefined;
  }

  #rewatch(clause: number[], at: number): boolean {
    for (let i = 2; i < clause.length; i++) {
      if (this.#truth(clause[i] as number) === -1) continue;
      const literal = clause[i] as number;
      clause[i] = clause[1] as number;
      clause[1] = literal;
      (this.#watches[literal] as number[]).push(at);
      return true;
    }
    return false;
  }

  /** Adds what "a before b" means to the graph. Returns the clause of a cycle that this closes. */
  #addEdges(literal: number): number[] | undefined {
    const variable = literal >> 1;
    const straight = (literal & 1) === 0;
    const a = (straight ? this.#first[variable] : this.#second[variable]) as number;
    const b = (straight ? this.#second[variable] : this.#first[variable]) as number;
    const into = this.#kind === "prefix" ? this.#writeAt(b) : this.#readAt(b);
    const conflict = this.#edge(this.#writeAt(a), into, literal);
    if (conflict || this.#kind === "parallel") return conflict;
    const { writeStart, writeKey } = this.#committed;
    for (let i = writeStart[a] as number; i < (writeStart[a + 1] as number); i++) {
      const key = writeKey[i] as number;
      if (!this.#writes(b, key)) continue;
      const readers = this.#readers.of(key, a);
      for (let j = 0; j < readers.length; j++) {
        const r = readers[j] as number;
        if (r === b) continue;
        const cycle = this.#edge(this.#readAt(r), this.#writeAt(b), literal);
        if (cycle) return cycle;
      }
    }
    return undefined;
  }

  #writes(c: number, key: number): boolean {
    const { writeStart, writeKey } = this.#committed;
    for (let i = writeStart[c] as number; i < (writeStart[c + 1] as number); i++) {
      if (writeKey[i] === key) return true;
    }
    return false;
  }

  #edge(from: number, to: number, literal: number): number[] | undefined {
    return this.#graph.add(from, to, literal) ? undefined : this.#clauseOfCycle(from, to, literal);
  }

  /** The clause that a refused edge teaches: not all choices of the cycle together. */
  #clauseOfCycle(from: number, to: number, literal: number): number[] {
    const why = new Set<number>();
    if (literal !== 0) why.add(literal);
    const members = [this.#transactionAt(from), this.#transactionAt(to)];
    for (const edge of this.#graph.cycle) {
      const reason = this.#graph.why(edge);
      if (reason !== 0) why.add(reason);
      members.push(this.#transactionAt(this.#graph.from(edge)));
    }
    for (const reason of why) {
      // A reader missed what the second overwrote: it rests on the first, though that is not on the cycle.
      members.push(this.#first[reason >> 1] as number, this.#second[reason >> 1] as number);
    }
    this.#conflictCycle = members;
    this.#conflictClause = -1;
    return [...why].map((choice) => choice ^ 1);
  }

  /** Collects the transactions that the last conflict, one without any choice, rests on. */
  #collectCore(conflict: readonly number[]): void {
    const clauses = new Set<number>();
    const choices = new Set<number>(conflict.map((literal) => literal >> 1));
    for (const c of this.#conflictCycle) this.#core.add(c);
    if (this.#conflictClause >= 0) clauses.add(this.#conflictClause);
    const settle = (): void => {
      for (const variable of choices) {
        this.#core.add(this.#first[variable] as number).add(this.#second[variable] as number);
        const reason = this.#reason[variable] as number;
        if (reason < 0) continue;
        clauses.add(reason);
        for (const literal of this.#clauses[reason] as number[]) choices.add(literal >> 1);
      }
    };
    settle();
    for (const clause of clauses) {
      const proof = this.#proofs[clause];
      if (!proof) continue;
      for (const c of proof.transactions) this.#core.add(c);
      for (const used of proof.clauses) clauses.add(used);
      for (const variable of proof.choices) choices.add(variable);
      settle();
    }
  }

  /** Learns from a false clause and goes back to where it would have said what to do. False: no order. */
  #learn(conflict: readonly number[]): boolean {
    let top = 0;
    for (const literal of conflict) top = Math.max(top, this.#level[literal >> 1] as number);
    if (top === 0) {
      this.#collectCore(conflict);
      return false;
    }
    this.#backTo(top);
    const proof = {
      transactions: this.#conflictCycle,
      clauses: this.#conflictClause >= 0 ? [this.#conflictClause] : [],
      choices: [],
    };
    const learned = this.#analyse(conflict, top, proof);
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
    this.#proofs[at] = proof;
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

  /** Resolves the conflict back to the one literal of its level that it hangs on (first unique implication point). */
  #analyse(
    conflict: readonly number[],
    top: number,
    proof: { clauses: number[]; choices: number[] },
  ): number[] {
    const seen = new Set<number>();
    const lower: number[] = [];
    let open = 0;
    let clause: readonly number[] = conflict;
    let at = this.#trail.length - 1;
    for (;;) {
      for (const literal of clause) {
        const variable = literal >> 1;
        if (seen.has(variable) || this.#truth(literal) !== -1) continue;
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

  /** Takes back all decisions above `level`. */
  #backTo(level: number): void {
    if (level >= this.#levelStart.length) return;
    const start = this.#levelStart[level] as number;
    for (let i = this.#trail.length - 1; i >= start; i--) {
      const variable = (this.#trail[i] as number) >> 1;
      this.#value[variable] = 0;
      // Here every order of two writes must be chosen, not just those that a read calls for.
      if (this.#kind === "parallel") this.#soilWrites(this.#first[variable] as number);
    }
    this.#trail.length = start;
    this.#graph.takeBack(this.#edgesAtLevel[level] as number);
    this.#levelStart.length = level;
    this.#edgesAtLevel.length = level;
    this.#propagated = Math.min(this.#propagated, start);
  }
}

/** The vertices of a short cycle of a cyclic graph. */
export function someCycle(size: number, edges: EdgeList): readonly number[] {
  const graph = graphOf(size, edges);
  const found = components(graph);
  let best: readonly number[] = [];
  const paths = new PathFinder(graph);
  let tries = 0;
  for (let v = 0; v < size && tries < 64; v++) {
    if ((found.sizes[found.of[v] as number] as number) < 2) continue;
    for (let i = graph.start[v] as number; i < (graph.start[v + 1] as number); i++) {
      const to = graph.target[i] as number;
      if (found.of[to] !== found.of[v]) continue;
      tries++;
      const limit = best.length === 0 ? Infinity : best.length - 1;
      const path = paths.find(to, v, 255, new Budget(), { limit });
      if (path && (best.length === 0 || path.length < best.length)) best = path;
    }
  }
  return best;
}

/** Who read what from whom. */
interface Readers {
  /** The readers of what `writer` wrote to `key`; of the key's first state for FIRST. */
  of(key: number, writer: number): Int32Array;
}

function writersByKey(committed: Committed, keys: number): [Int32Array, Int32Array] {
  const start = new Int32Array(keys + 1);
  for (const key of committed.writeKey) bump(start, key + 1);
  for (let k = 0; k < keys; k++) start[k + 1] = (start[k + 1] as number) + (start[k] as number);
  const next = start.slice(0, keys);
  const writer = new Int32Array(committed.writeKey.length);
  for (let c = 0; c < committed.count; c++) {
    for (
      let i = committed.writeStart[c] as number;
      i < (committed.writeStart[c + 1] as number);
      i++
    ) {
      writer[take(next, committed.writeKey[i] as number)] = c;
    }
  }
  return [start, writer];
}

function readersByWriter(committed: Committed, keys: number): Readers {
  const { count, readStart, readKey, readFrom, writeStart, writeKey } = committed;
  const slots = writeKey.length + keys;
  const slotOf = (key: number, writer: number): number => {
    if (writer === FIRST) return writeKey.length + key;
    for (let i = writeStart[writer] as number; i < (writeStart[writer + 1] as number); i++) {
      if (writeKey[i] === key) return i;
    }
    return -1;
  };
  const start = new Int32Array(slots + 1);
  const slotOfRead = new Int32Array(readKey.length);
  for (let i = 0; i < readKey.length; i++) {
    const slot = slotOf(readKey[i] as number, readFrom[i] as number);
    slotOfRead[i] = slot;
    if (slot >= 0) bump(start, slot + 1);
  }
  for (let s = 0; s < slots; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const next = start.slice(0, slots);
  const reader = new Int32Array(start[slots] as number);
  for (let c = 0; c < count; c++) {
    for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
      if ((slotOfRead[i] as number) >= 0) reader[take(next, slotOfRead[i] as number)] = c;
    }
  }
  const none = new Int32Array(0);
  return {
    of(key, writer) {
      const slot = slotOf(key, writer);
      return slot < 0 ? none : reader.subarray(start[slot], start[slot + 1]);
    },
  };
}
