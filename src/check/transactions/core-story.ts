/**
 * Explains why no order explains a small core, as a case distinction: "if T1 wrote x before T2, then ...;
 * if T2 did, then ...". Cores are small, so a simple search is sufficient.
 */
import { FIRST, type Committed } from "./committed.ts";
import { PROCESS, type EdgeList } from "./graph.ts";
import type { OrderKind } from "./order-solver.ts";
import { keyText, transactionText } from "./words.ts";

/** An edge with the reason for it. */
interface Link {
  readonly to: number;
  readonly why: string;
}

/** The maximum number of lines and nested cases before the text is truncated. */
const linesTold = 16;
const casesDeep = 4;

/** Returns the sentences. Those of each case are indented below it. */
export function coreStory(
  core: Committed,
  kind: OrderKind,
  precedence: EdgeList,
  known: EdgeList,
): string[] {
  if (kind === "parallel" || core.count > 40) return [];
  return new Story(core, kind).tell(precedence, known);
}

class Story {
  readonly #core: Committed;
  readonly #kind: OrderKind;
  readonly #out: Link[][];
  readonly #lines: string[] = [];

  constructor(core: Committed, kind: OrderKind) {
    this.#core = core;
    this.#kind = kind;
    this.#out = Array.from({ length: 2 * core.count }, () => []);
  }

  tell(precedence: EdgeList, known: EdgeList): string[] {
    this.#lay(precedence);
    for (let i = 0; i < known.length; i++) {
      this.#order(known.from.data[i] as number, known.to.data[i] as number);
    }
    this.#cases(0);
    return this.#lines.length > linesTold
      ? [...this.#lines.slice(0, linesTold), "... and so on for the other cases"]
      : this.#lines;
  }

  #name(c: number): string {
    return transactionText(this.#core.table, this.#core.row[c] as number);
  }

  #readAt(c: number): number {
    return this.#kind === "serializable" ? c : 2 * c;
  }

  #writeAt(c: number): number {
    return this.#kind === "serializable" ? c : 2 * c + 1;
  }

  #link(from: number, to: number, why: string): void {
    (this.#out[from] as Link[]).push({ to, why });
  }

  #lay(precedence: EdgeList): void {
    const { count, readStart, readKey, readFrom } = this.#core;
    for (let c = 0; c < count; c++) {
      if (this.#kind !== "serializable") this.#link(2 * c, 2 * c + 1, "");
      for (let i = readStart[c] as number; i < (readStart[c + 1] as number); i++) {
        const key = keyText(this.#core.table, readKey[i] as number);
        const from = readFrom[i] as number;
        if (from === FIRST) {
          for (const b of this.#writers(readKey[i] as number)) {
            if (b === c) continue;
            const why = `${this.#name(c)} read the first state of ${key}, so it comes before ${this.#name(b)}, which wrote it`;
            this.#link(this.#readAt(c), this.#writeAt(b), why);
          }
        } else {
          const why = `${this.#name(c)} read ${key} from ${this.#name(from)}`;
          this.#link(this.#writeAt(from), this.#readAt(c), why);
        }
      }
    }
    for (let i = 0; i < precedence.length; i++) {
      const a = precedence.from.data[i] as number;
      const b = precedence.to.data[i] as number;
      const session = ((precedence.kind.data[i] as number) & PROCESS) !== 0;
      const why = session
        ? `${this.#name(a)} came before ${this.#name(b)} in their session`
        : `${this.#name(a)} had completed before ${this.#name(b)} began`;
      this.#link(this.#writeAt(a), this.#readAt(b), why);
    }
  }

  #writers(key: number): number[] {
    const { count, writeStart, writeKey } = this.#core;
    const writers: number[] = [];
    for (let c = 0; c < count; c++) {
      for (let i = writeStart[c] as number; i < (writeStart[c + 1] as number); i++) {
        if (writeKey[i] === key) writers.push(c);
      }
    }
    return writers;
  }

  /** Adds the consequences of "a wrote before b". Returns a function that undoes it. */
  #order(a: number, b: number): () => void {
    const touched: number[] = [];
    const add = (from: number, to: number, why: string): void => {
      this.#link(from, to, why);
      touched.push(from);
    };
    const into = this.#kind === "prefix" ? this.#writeAt(b) : this.#readAt(b);
    add(this.#writeAt(a), into, `${this.#name(a)} wrote before ${this.#name(b)}`);
    const { count, readStart, readKey, readFrom } = this.#core;
    const shared = new Set(this.#keysOf(a).filter((key) => this.#keysOf(b).includes(key)));
    for (let r = 0; r < count; r++) {
      if (r === b) continue;
      for (let i = readStart[r] as number; i < (readStart[r + 1] as number); i++) {
        if (readFrom[i] !== a || !shared.has(readKey[i] as number)) continue;
        const key = keyText(this.#core.table, readKey[i] as number);
        const why = `${this.#name(r)} read ${key} from ${this.#name(a)}, so it comes before ${this.#name(b)}, which overwrote that`;
        add(this.#readAt(r), this.#writeAt(b), why);
      }
    }
    return () => {
      for (const from of touched.reverse()) (this.#out[from] as Link[]).pop();
    };
  }

  #keysOf(c: number): number[] {
    const { writeStart, writeKey } = this.#core;
    return [...writeKey.subarray(writeStart[c] as number, writeStart[c + 1] as number)];
  }

  /** Describes all cases below the current state. The core guarantees that each ends in a cycle. */
  #cases(depth: number): void {
    const indent = "  ".repeat(depth);
    const circle = this.#circle();
    if (circle) {
      this.#lines.push(`${indent}${circle}: a circle`);
      return;
    }
    if (depth >= casesDeep || this.#lines.length > linesTold) return;
    const pair = this.#openPair();
    if (!pair) return;
    for (const [a, b] of [pair, [pair[1], pair[0]] as const]) {
      const undo = this.#order(a, b);
      this.#lines.push(`${indent}suppose that ${this.#name(a)} wrote before ${this.#name(b)}`);
      this.#cases(depth + 1);
      undo();
    }
  }

  /** Two writers of one key whose order is not known yet. Prefers a pair that leads to a cycle immediately. */
  #openPair(): readonly [number, number] | undefined {
    let first: readonly [number, number] | undefined;
    for (const key of new Set(this.#core.writeKey)) {
      const writers = this.#writers(key);
      for (const a of writers) {
        for (const b of writers) {
          if (a >= b || this.#path(a, b) || this.#path(b, a)) continue;
          first ??= [a, b];
          for (const [x, y] of [
            [a, b],
            [b, a],
          ] as const) {
            const undo = this.#order(x, y);
            const closes = this.#circle() !== undefined;
            undo();
            if (closes) return [x, y];
          }
        }
      }
    }
    return first;
  }

  /**
   * Whether the order of two writers is already determined. An order of writes is an edge from write to
   * read or write.
   */
  #path(a: number, b: number): boolean {
    const into = this.#kind === "prefix" ? this.#writeAt(b) : this.#readAt(b);
    return (this.#out[this.#writeAt(a)] as Link[]).some(
      (link) => link.to === into && / wrote before /.test(link.why),
    );
  }

  /** The sentences of a shortest cycle, if there is one. */
  #circle(): string | undefined {
    let best: string[] | undefined;
    for (let start = 0; start < this.#out.length; start++) {
      const found = this.#circleThrough(start);
      if (found && (!best || found.length < best.length)) best = found;
    }
    return best?.join("; ");
  }

  #circleThrough(start: number): string[] | undefined {
    const via = new Map<number, { from: number; why: string }>();
    const queue = [start];
    for (const v of queue) {
      for (const { to, why } of this.#out[v] as Link[]) {
        if (to === start) {
          const story = why === "" ? [] : [why];
          for (let at = v; at !== start;) {
            const step = via.get(at) as { from: number; why: string };
            if (step.why !== "") story.push(step.why);
            at = step.from;
          }
          return story.reverse();
        }
        if (via.has(to)) continue;
        via.set(to, { from: v, why });
        queue.push(to);
      }
    }
    return undefined;
  }
}
