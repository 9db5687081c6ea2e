/**
 * Judges transactions that read by predicate, over a closed universe: all keys and all their versions are
 * known, so the absence of a value in a predicate read shows which versions it selected (Elle's
 * closed-predicate; Adya's version sets). Each key is changed at most a few times, in the order in which
 * the changes completed.
 */
import type { Budget } from "../budget.ts";
import { AnomalySet } from "./anomaly.ts";
import {
  findCycles,
  forbiddenAnomalies,
  judge,
  neededOrder,
  type Expectation,
} from "./elle-judgement.ts";
import { EdgeList, PROCESS, REALTIME, RW, RWP, WR, WRP, WW, WWP } from "./graph.ts";
import type { TransactionFindings } from "./list-append.ts";
import { addProcessOrder, addRealtimeOrder, type Timeline } from "./precedence.ts";
import { FAIL, OK } from "./table.ts";
import { fieldNameOf, Keyword, nameOf, textOf } from "../../history/values.ts";

/** A key's state before its first write, and after its deletion. */
const unborn = "unborn";
const dead = "dead";

/** A transaction over a closed universe. */
export interface PredicateTransaction {
  readonly operation: number;
  readonly process: number;
  readonly outcome: number;
  readonly invokeRank: number;
  readonly completeRank: number;
  /** The universe's initial state as the history has it, a map or an object, if this transaction creates it. */
  readonly init?: unknown;
  readonly mops: readonly (readonly unknown[])[];
}

/** A version, identified by text: `unborn`, `dead`, or a value's JSON. */
type Version = string;

const labelOrder = [WW, WWP, WR, WRP, RW, RWP, REALTIME, PROCESS];

/** Checks transactions, in the order of their completions, against an expectation. */
export function checkPredicates(
  transactions: readonly PredicateTransaction[],
  expectation: Expectation,
  budget: Budget,
): TransactionFindings {
  const found = new AnomalySet();
  const universe = new Universe(transactions);
  const edges = new EdgeList();
  const why = new Map<string, string>();
  const link = (a: number, b: number, kind: number, text: string): void => {
    if (a < 0 || b < 0 || a === b) return;
    edges.add(a, b, kind);
    why.set(`${a} ${b} ${kind}`, text);
  };
  universe.linkWrites(link);
  transactions.forEach((transaction, t) => {
    if (transaction.outcome !== OK) return;
    for (const mop of transaction.mops) {
      if (mop[0] === "r") universe.linkRead(t, universe.names.of(mop[1]), mop[2], link);
      else if (mop[0] === "rp") universe.linkPredicate(t, mop, link, found);
    }
  });
  const forbidden = forbiddenAnomalies(expectation);
  const needed = neededOrder(forbidden);
  const timeline = timelineOf(transactions);
  if (needed === "realtime") addRealtimeOrder(timeline, edges);
  else if (needed === "process") addProcessOrder(timeline, edges);
  if (edges.length === 0) found.add({ type: "empty-transaction-graph", transactions: [] });
  const spent = findCycles(transactions.length, edges, labelOrder, found, budget);
  return {
    ...judge(found, forbidden),
    anomalies: found,
    explain: (a, b, kind) => why.get(`${a} ${b} ${kind}`),
    ...(spent === undefined ? {} : { why: spent }),
  };
}

type Link = (a: number, b: number, kind: number, text: string) => void;

/** All keys, their versions in order, and the writer of each version. */
class Universe {
  readonly names: Names;
  readonly #transactions: readonly PredicateTransaction[];
  readonly #versions = new Map<string, Version[]>();
  readonly #writer = new Map<string, number>();

  constructor(transactions: readonly PredicateTransaction[]) {
    this.#transactions = transactions;
    this.names = new Names(transactions);
    transactions.forEach((transaction, t) => {
      if (transaction.outcome === FAIL) return;
      for (const [key, value] of this.names.entriesOf(transaction.init)) {
        this.#versions.set(key, [textOf(value)]);
        this.#writer.set(`${key} ${textOf(value)}`, t);
      }
      for (const mop of transaction.mops) {
        const version = written(mop);
        if (version === undefined) continue;
        const key = this.names.of(mop[1]);
        const known = this.#versions.get(key);
        if (known) known.push(version);
        else this.#versions.set(key, [unborn, version]);
        this.#writer.set(`${key} ${version}`, t);
      }
    });
  }

  #name(t: number): string {
    return `T${(this.#transactions[t] as PredicateTransaction).operation}`;
  }

  #writerOf(key: string, version: Version): number {
    return this.#writer.get(`${key} ${version}`) ?? -1;
  }

  /** Adds ww edges. */
  linkWrites(link: Link): void {
    for (const [key, versions] of this.#versions) {
      for (let i = 1; i < versions.length; i++) {
        const before = versions[i - 1] as Version;
        const after = versions[i] as Version;
        const [a, b] = [this.#writerOf(key, before), this.#writerOf(key, after)];
        if (a < 0 || b < 0) continue;
        const text = `${this.#name(b)} made ${key} ${after} after ${this.#name(a)} had made it ${before}`;
        link(a, b, WW, text);
      }
    }
  }

  /**
   * Adds wr and rw edges of a read by key. A read of nothing refers to unborn or dead, whichever is
   * possible.
   */
  linkRead(t: number, key: string, value: unknown, link: Link): void {
    const versions = this.#versions.get(key) ?? [];
    let version = textOf(value);
    if (value === null || value === undefined) {
      const ends = versions.at(-1) === dead;
      if (ends && versions[0] === unborn) return;
      version = ends ? dead : unborn;
    }
    const writer = this.#writerOf(key, version);
    if (writer >= 0)
      link(
        writer,
        t,
        WR,
        `${this.#name(t)} read ${key}, which ${this.#name(writer)} had made ${version}`,
      );
    const next =
      version === unborn && versions[0] !== unborn
        ? versions[0]
        : versions[versions.indexOf(version) + 1];
    if (next === undefined || (version !== unborn && !versions.includes(version))) return;
    const overwriter = this.#writerOf(key, next);
    if (overwriter >= 0) {
      link(
        t,
        overwriter,
        RW,
        `${this.#name(t)} read ${key} as ${version}, before ${this.#name(overwriter)} made it ${next}`,
      );
    }
  }

  /** Adds wr and rw edges of a read by predicate, for each key whose selected version can be determined. */
  linkPredicate(t: number, mop: readonly unknown[], link: Link, found: AnomalySet): void {
    const predicate = mop[1];
    const returned = this.names.entriesOf(mop[2]);
    for (const [key, versions] of this.#versions) {
      let chosen = returned.has(key) ? textOf(returned.get(key)) : undefined;
      if (chosen === undefined) {
        const candidates = versions.filter((version) => !matches(predicate, version));
        if (candidates.length === 0) {
          found.add({
            type: "predicate-read-miss",
            transactions: [t],
            text: `${this.#name(t)} read by ${textOf(predicate)} and did not get ${key}, though every version of it matches`,
          });
        }
        if (candidates.length > 1) continue;
        chosen = candidates[0] ?? unborn;
      }
      this.#linkChosen(t, key, chosen, predicate, versions, link);
    }
  }

  #linkChosen(
    t: number,
    key: string,
    chosen: Version,
    predicate: unknown,
    versions: readonly Version[],
    link: Link,
  ): void {
    const how = `${this.#name(t)} read by ${textOf(predicate)} with ${key} ${chosen}`;
    const writer = this.#writerOf(key, chosen);
    if (chosen !== unborn && writer >= 0) {
      link(writer, t, WRP, `${how}, as ${this.#name(writer)} had made it`);
    }
    const at = versions.indexOf(chosen);
    if (at < 0) return;
    for (const later of versions.slice(at + 1)) {
      if (matches(predicate, chosen) === matches(predicate, later)) continue;
      const changer = this.#writerOf(key, later);
      if (changer >= 0) {
        link(
          t,
          changer,
          RWP,
          `${how}, before ${this.#name(changer)} made it ${later}, which changes whether it matches`,
        );
      }
    }
  }
}

/** The version that a micro-operation writes; undefined if it reads. */
function written(mop: readonly unknown[]): Version | undefined {
  if (mop[0] === "delete") return dead;
  return mop[0] === "insert" || mop[0] === "w" ? textOf(mop[2]) : undefined;
}

/** `"true"`, `["=", value]` or `["mod", modulus, remainder]`. Unborn and dead versions match nothing. */
function matches(predicate: unknown, version: Version): boolean {
  if (version === unborn || version === dead) return false;
  if (!Array.isArray(predicate)) return true;
  if (nameOf(predicate[0]) === "=") return textOf(predicate[1]) === version;
  const value = /^-?[0-9]/.test(version) ? Number(version) : Number.NaN;
  return value % Number(predicate[1]) === Number(predicate[2]);
}

/**
 * Keys as text. In EDN `:a` and `"a"` are two keys; in JSON there are only texts. So a text has quotation marks where
 * the history has keywords for keys. The fields of objects stand for keywords there, and for texts elsewhere.
 */
class Names {
  readonly #hasKeywords: boolean;

  constructor(transactions: readonly PredicateTransaction[]) {
    this.#hasKeywords = transactions.some(({ init, mops }) => {
      const named = (mop: readonly unknown[]): boolean => {
        return mop[0] === "rp" ? hasKeyword(mop[2]) : isKeyword(mop[1]);
      };
      return hasKeyword(init) || mops.some(named);
    });
  }

  of(key: unknown): string {
    return this.#hasKeywords && typeof key === "string" ? JSON.stringify(key) : fieldNameOf(key);
  }

  /** Entries of a map in a history, whether it was read as a map or as an object. */
  entriesOf(value: unknown): ReadonlyMap<string, unknown> {
    if (value instanceof Map) {
      return new Map([...value].map(([key, each]) => [this.of(key), each]));
    }
    return new Map(Object.entries((value ?? {}) as Record<string, unknown>));
  }
}

function isKeyword(value: unknown): boolean {
  return value instanceof Keyword;
}

/** Whether a key of a map is a keyword. */
function hasKeyword(value: unknown): boolean {
  return value instanceof Map && [...value.keys()].some(isKeyword);
}

function timelineOf(transactions: readonly PredicateTransaction[]): Timeline {
  const processes = [...new Set(transactions.map(({ process }) => process))];
  return {
    count: transactions.length,
    outcome: Uint8Array.from(transactions, ({ outcome }) => outcome),
    process: Int32Array.from(transactions, ({ process }) => processes.indexOf(process)),
    processes,
    invokeRank: Float64Array.from(transactions, ({ invokeRank }) => invokeRank),
    completeRank: Float64Array.from(transactions, ({ completeRank }) => completeRank),
  };
}
