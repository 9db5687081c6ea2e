/**
 * A skip list with spans (Pugh 1990; the spans are Redis's): pairs of score and member in order, with
 * insertion, removal, rank and access by rank in logarithmic time.
 *
 * Every range query is built from two operations: count how many of the first nodes satisfy a
 * condition, and find the node with a given rank.
 */

const LEVELS_MAX = 24;

/** One element. */
export class SkipNode {
  readonly member: string;
  readonly score: number;
  readonly next: (SkipNode | undefined)[] = [];
  /** The number of elements that each `next` link skips, including its target. */
  readonly spans: number[] = [];
  previous: SkipNode | undefined;

  constructor(member: string, score: number) {
    this.member = member;
    this.score = score;
  }
}

/** The order of the list: by score, then by the bytes of the member. */
export function precedes(
  score: number,
  member: string,
  otherScore: number,
  otherMember: string,
): boolean {
  return score < otherScore || (score === otherScore && member < otherMember);
}

export class SkipList {
  readonly #head: SkipNode = new SkipNode("", 0);
  #tail: SkipNode | undefined;
  #levels = 1;
  length = 0;
  /**
   * Levels come from a generator of the list itself, so that they do not consume the host's random
   * numbers.
   */
  #random = 0x2545f491;

  constructor() {
    this.#head.next.push(undefined);
    this.#head.spans.push(0);
  }

  #level(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    let level = 1;
    // One node in four is promoted, as in Redis.
    for (let bits = x >>> 0; (bits & 3) === 0 && level < LEVELS_MAX; bits >>>= 2) {
      level++;
      if (bits === 0) break;
    }
    return level;
  }

  /** Returns the last node of each level that precedes the pair, and its rank. */
  #path(score: number, member: string): { nodes: SkipNode[]; ranks: number[] } {
    const nodes: SkipNode[] = [];
    const ranks: number[] = [];
    let node = this.#head;
    let rank = 0;
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (;;) {
        const next = node.next[level];
        if (next === undefined || !precedes(next.score, next.member, score, member)) break;
        rank += node.spans[level] as number;
        node = next;
      }
      nodes[level] = node;
      ranks[level] = rank;
    }
    return { nodes, ranks };
  }

  /** Inserts a pair that is not in the list. */
  insert(score: number, member: string): void {
    const { nodes, ranks } = this.#path(score, member);
    const height = this.#level();
    while (this.#levels < height) {
      this.#head.next.push(undefined);
      this.#head.spans.push(this.length);
      nodes.push(this.#head);
      ranks.push(0);
      this.#levels++;
    }
    const fresh = new SkipNode(member, score);
    const rank = ranks[0] as number;
    for (let level = 0; level < this.#levels; level++) {
      const before = nodes[level] as SkipNode;
      if (level >= height) {
        before.spans[level] = (before.spans[level] as number) + 1;
        continue;
      }
      const skipped = rank - (ranks[level] as number);
      fresh.next.push(before.next[level]);
      fresh.spans.push((before.spans[level] as number) - skipped);
      before.next[level] = fresh;
      before.spans[level] = skipped + 1;
    }
    const before = nodes[0] as SkipNode;
    fresh.previous = before === this.#head ? undefined : before;
    const after = fresh.next[0];
    if (after) after.previous = fresh;
    else this.#tail = fresh;
    this.length++;
  }

  /** Removes a pair. Returns false if it is not in the list. */
  remove(score: number, member: string): boolean {
    const { nodes } = this.#path(score, member);
    const doomed = (nodes[0] as SkipNode).next[0];
    if (doomed === undefined || doomed.score !== score || doomed.member !== member) return false;
    for (let level = 0; level < this.#levels; level++) {
      const before = nodes[level] as SkipNode;
      const span = before.spans[level] as number;
      if (before.next[level] === doomed) {
        before.spans[level] = span + (doomed.spans[level] as number) - 1;
        before.next[level] = doomed.next[level];
      } else {
        before.spans[level] = span - 1;
      }
    }
    const after = doomed.next[0];
    if (after) after.previous = doomed.previous;
    else this.#tail = doomed.previous;
    while (this.#levels > 1 && this.#head.next[this.#levels - 1] === undefined) {
      this.#head.next.pop();
      this.#head.spans.pop();
      this.#levels--;
    }
    this.length--;
    return true;
  }

  /** Returns how many nodes precede this pair. */
  rank(score: number, member: string): number {
    return this.#path(score, member).ranks[0] as number;
  }

  /**
   * Returns how many of the first nodes satisfy `test`, which must be false for all nodes after the
   * first failure.
   */
  countWhile(test: (node: SkipNode) => boolean): number {
    let node = this.#head;
    let rank = 0;
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (;;) {
        const next = node.next[level];
        if (next === undefined || !test(next)) break;
        rank += node.spans[level] as number;
        node = next;
      }
    }
    return rank;
  }

  /** Returns the node with a rank, starting at 0. */
  at(rank: number): SkipNode | undefined {
    if (rank < 0 || rank >= this.length) return undefined;
    if (rank === this.length - 1) return this.#tail;
    let node = this.#head;
    let left = rank + 1;
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (;;) {
        const next = node.next[level];
        const span = node.spans[level] as number;
        if (next === undefined || span > left) break;
        left -= span;
        node = next;
      }
      if (left === 0) return node;
    }
    return undefined;
  }
}
