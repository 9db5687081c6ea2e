/**
 * Decides whether some order of versions explains a history of registers: a complete check of prefix
 * consistency, snapshot isolation and serializability.
 *
 * The problem is a polygraph (Papadimitriou, 1979): for every two transactions that wrote one key, either
 * may come first, and each choice adds dependencies. Is there a choice without a cycle? It is NP-complete.
 * Choices are made lazily: a topological order of the known edges is itself a candidate, each read that it
 * gets wrong determines one choice to make, and a cycle is learned as a clause (conflict-driven clause
 * learning with the acyclicity of a graph as theory). A history recorded from a correct system is usually
 * explained by the first candidate.
 */
import type { Budget } from "../budget.ts";
import { ClauseLearner, type Conflict } from "./clauses.ts";
import type { Committed } from "./committed.ts";
import { FIRST } from "./committed.ts";
import { EdgeList } from "./graph.ts";
import { OrderGraph, topologicalPlaces } from "./order-graph.ts";
import { readersByWriter, someCycle, writersByKey, type Readers } from "./order-index.ts";

/**
 * What is ordered. `serializable`: transactions. `snapshot`: their snapshots and commits, where two that
 * wrote one key do not overlap. `prefix`: the same, but they may overlap. `parallel`: only writes, such
 * that no transaction misses what it depends on (parallel snapshot isolation).
 */
export type OrderKind = "serializable" | "snapshot" | "prefix" | "parallel";

/** The answer. */
export interface OrderAnswer {
  readonly exists: boolean;
  /** If there is none: transactions (numbers of `Committed`) for which no order exists. */
  readonly core: readonly number[];
}

/** Constraints on the order in addition to the reads. */
export interface Given {
  /** Edges between committed transactions: sessions, real time. */
  readonly precedence: EdgeList;
  /** Writers of which one is known to have overwritten the other. */
  readonly known: EdgeList;
}

/** Searches for an order. Throws `BudgetSpent`. */
export function findOrder(
  committed: Committed,
  kind: OrderKind,
  given: Given,
  budget: Budget,
): OrderAnswer {
  return new OrderSolver(committed, kind, given, budget).solve() as OrderAnswer;
}

/** One search for an order. It can be interrupted and resumed. */
export class OrderSolver {
  readonly #committed: Committed;
  readonly #kind: OrderKind;
  readonly #budget: Budget;
  readonly #given: Given;
  readonly #split: boolean;
  #graph!: OrderGraph;

  /** Writers by key, and readers by the write they read. */
  readonly #writerStart: Int32Array;
  readonly #writer: Int32Array;
  readonly #readers: Readers;

  /** Variable v of the choices means that `#first[v]` comes before `#second[v]`. */
  readonly #choices: ClauseLearner;
  readonly #choiceOf = new Map<number, number>();
  readonly #first: number[] = [0];
  readonly #second: number[] = [0];
  /** The number of edges in the graph at the start of each decision level. */
  readonly #edgesAtLevel: number[] = [];
  #begun = false;

  readonly #dirty: number[] = [];
  readonly #isDirty: Uint8Array;
  readonly #core = new Set<number>();
  /** The last conflict found in `#nextChoice`. */
  #lazyConflict: Conflict = { clause: [], evidence: [] };

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
    this.#choices = new ClauseLearner(
      {
        imply: (literal) => this.#addEdges(literal),
        backTo: (level) => this.#backTo(level),
        forget: (variable) => this.#forget(variable),
      },
      budget,
    );
  }

  /** Continues the search for at most this many conflicts; `undefined` if that was not enough. */
  solve(conflictsMax: number = Infinity): OrderAnswer | undefined {
    if (!this.#begun) {
      this.#begun = true;
      if (!this.#begin() || !this.#assert(this.#given.known)) return this.#impossible();
      for (let key = 0; key < this.#isDirty.length; key++) this.#soil(key);
    }
    for (let conflicts = 0; ;) {
      let conflict = this.#choices.propagate();
      if (!conflict) {
        const choice = this.#nextChoice();
        if (choice === 0) return { exists: true, core: [] };
        if (choice > 0) {
          this.#edgesAtLevel.push(this.#graph.edges);
          this.#choices.decide(choice);
          continue;
        }
        conflict = this.#lazyConflict;
      }
      if (!this.#choices.learn(conflict)) {
        this.#collectCore(conflict);
        return this.#impossible();
      }
      if (++conflicts > conflictsMax) return undefined;
    }
  }

  #impossible(): OrderAnswer {
    return { exists: false, core: [...this.#core] };
  }

  /** The vertex at which a transaction reads, and the one at which it writes. */
  #readAt(c: number): number {
    return this.#split ? 2 * c : c;
  }

  #writeAt(c: number): number {
    return this.#split ? 2 * c + 1 : c;
  }

  #transactionAt(vertex: number): number {
    return this.#split ? vertex >> 1 : vertex;
  }

  /** Builds the graph of the certain edges. Returns false if these alone are cyclic. */
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
      // Transactions take effect between invocation and completion; a crashed one, before its writes were
      // read.
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

  /** Adds the known order of writes permanently. Returns false if it is contradictory. */
  #assert(known: EdgeList): boolean {
    for (let i = 0; i < known.length; i++) {
      const a = known.from.data[i] as number;
      const b = known.to.data[i] as number;
      const literal = this.#literalOf(a, b);
      const truth = this.#choices.truth(literal);
      if (truth === -1) {
        this.#core.add(a).add(b);
        return false;
      }
      if (truth === 0) this.#choices.settle(literal);
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

  /** The next choice to make, as a literal; 0 if the present order explains everything; -1 after a conflict. */
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

  /**
   * A choice that the present order gets wrong at `key`; 0 if it explains all reads of the key; -1 on a
   * conflict.
   */
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
   * Checks, with all writes ordered, that no transaction reads a state and also depends on the transaction
   * that overwrote it. Returns 0 if there is none, -1 after a conflict.
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
          this.#lazyConflict = this.#conflictOf(r, b, literal);
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

  /** Readers of a key's initial state come before all its writers. */
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
          this.#lazyConflict = this.#conflictOf(this.#readAt(r), this.#writeAt(b), 0);
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

  /** The literal to try for "a before b or b before a", caused by reader r; 0 if it is settled. */
  #choice(a: number, b: number, r: number): number {
    const variable = this.#variable(a, b);
    if (this.#choices.truth(variable << 1) !== 0) return 0;
    const before = this.#choices.phase(variable);
    const forward = a === this.#first[variable];
    let aFirst: boolean;
    if (before !== 0) aFirst = (before === 1) === forward;
    else aFirst = this.#likely(a, b, r);
    return (variable << 1) | (aFirst === forward ? 0 : 1);
  }

  /** Whether a probably came before b, according to real time if it decides. */
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
    const variable = this.#choices.create();
    this.#choiceOf.set(name, variable);
    this.#first.push(low);
    this.#second.push(high);
    return variable;
  }

  /** Adds the edges of "a before b" to the graph. Returns a conflict if they close a cycle. */
  #addEdges(literal: number): Conflict | undefined {
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

  #edge(from: number, to: number, literal: number): Conflict | undefined {
    return this.#graph.add(from, to, literal) ? undefined : this.#conflictOf(from, to, literal);
  }

  /** The conflict of a rejected edge: the choices of the cycle are not jointly possible. */
  #conflictOf(from: number, to: number, literal: number): Conflict {
    const why = new Set<number>();
    if (literal !== 0) why.add(literal);
    const members = [this.#transactionAt(from), this.#transactionAt(to)];
    for (const edge of this.#graph.cycle) {
      const reason = this.#graph.why(edge);
      if (reason !== 0) why.add(reason);
      members.push(this.#transactionAt(this.#graph.from(edge)));
    }
    for (const reason of why) {
      // A reader missed what the second transaction overwrote: this depends on the first, although it is
      // not on the cycle.
      members.push(this.#first[reason >> 1] as number, this.#second[reason >> 1] as number);
    }
    return { clause: [...why].map((choice) => choice ^ 1), evidence: members };
  }

  /** Collects the transactions that a conflict without decisions is based on. */
  #collectCore(conflict: Conflict): void {
    const { evidence, variables } = this.#choices.core(conflict);
    for (const c of evidence) this.#core.add(c);
    for (const variable of variables) {
      this.#core.add(this.#first[variable] as number).add(this.#second[variable] as number);
    }
  }

  #backTo(level: number): void {
    this.#graph.takeBack(this.#edgesAtLevel[level] as number);
    this.#edgesAtLevel.length = level;
  }

  #forget(variable: number): void {
    // In this case the order of every two writes must be chosen, not only where a read requires it.
    if (this.#kind === "parallel") this.#soilWrites(this.#first[variable] as number);
  }
}
