/** Sorted sets: scores by member, and a skip list in order of score. */
import { Dict } from "../dict.ts";
import type { Limits } from "../config.ts";
import { SkipList, type SkipNode } from "./skiplist.ts";
import { Value } from "./value.ts";

/** A member and its score. */
export interface Scored {
  readonly member: string;
  readonly score: number;
}

export class ZSetValue extends Value {
  readonly type = "zset" as const;
  readonly scores: Dict<number> = new Dict();
  readonly order: SkipList = new SkipList();
  large = false;

  get size(): number {
    return this.scores.size;
  }

  /** Sets a member's score. Returns true if the member is new. */
  set(member: string, score: number, limits: Limits): boolean {
    const before = this.scores.get(member);
    if (before === score) return false;
    if (before !== undefined) this.order.remove(before, member);
    this.scores.set(member, score);
    this.order.insert(score, member);
    if (
      !this.large &&
      (this.scores.size > limits.zsetEntries || member.length > limits.zsetValueBytes)
    ) {
      this.large = true;
    }
    return before === undefined;
  }

  delete(member: string): boolean {
    const score = this.scores.get(member);
    if (score === undefined) return false;
    this.scores.delete(member);
    this.order.remove(score, member);
    return true;
  }

  /** Returns a member's rank, starting at 0, or undefined if it is not in the set. */
  rank(member: string): number | undefined {
    const score = this.scores.get(member);
    return score === undefined ? undefined : this.order.rank(score, member);
  }

  /**
   * Returns the members of ranks `from` to `to`, both included, in descending order if `from` is
   * greater.
   */
  slice(from: number, to: number): Scored[] {
    const out: Scored[] = [];
    let node = this.order.at(from);
    const down = from > to;
    for (let left = Math.abs(to - from) + 1; node !== undefined && left > 0; left--) {
      out.push(node);
      node = down ? node.previous : node.next[0];
    }
    return out;
  }

  /** Returns all members in order. */
  all(): Scored[] {
    return this.size === 0 ? [] : this.slice(0, this.size - 1);
  }

  /** Returns how many members precede the first one that fails `test`. */
  countWhile(test: (node: SkipNode) => boolean): number {
    return this.order.countWhile(test);
  }

  static of(entries: Iterable<readonly [string, number]>, limits: Limits): ZSetValue {
    const set = new ZSetValue();
    for (const [member, score] of entries) set.set(member, score, limits);
    return set;
  }

  encoding(): string {
    return this.large ? "skiplist" : "listpack";
  }

  bytes(): number {
    return this.scores.slots().reduce((sum, { key }) => sum + key.length + 40, 96);
  }

  copy(): ZSetValue {
    const copy = new ZSetValue();
    for (const { member, score } of this.all()) {
      copy.scores.set(member, score);
      copy.order.insert(score, member);
    }
    copy.large = this.large;
    return copy;
  }
}
