/**
 * Breaks a valid history at one level by changing what one read returned, such that a pattern which the
 * level's definition forbids stands in it. Written from the definitions, on plain quadratic relations.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { History, Operation } from "../../src/history/operation.ts";
import { withChanged } from "./simulate.ts";

/** What the definitions speak of, for a history whose writes have unique values. */
class Relations {
  readonly operations: readonly Operation[];
  readonly #reach: Uint8Array;

  constructor(history: History) {
    this.operations = history.operations;
    const size = this.operations.length;
    this.#reach = new Uint8Array(size * size);
    for (const [at, one] of this.operations.entries()) {
      for (let other = 0; other < size; other++) {
        const later = this.operations[other] as Operation;
        const reads = later.f === "read" && this.source(later) === one;
        if (this.session(one, later) || reads) this.#reach[at * size + other] = 1;
      }
    }
    for (let middle = 0; middle < size; middle++) {
      for (let a = 0; a < size; a++) {
        if (this.#reach[a * size + middle] === 0) continue;
        for (let b = 0; b < size; b++) {
          if (this.#reach[middle * size + b] === 1) this.#reach[a * size + b] = 1;
        }
      }
    }
  }

  /** Session order. */
  session(a: Operation, b: Operation): boolean {
    return a.process === b.process && a.index < b.index;
  }

  /** The write that a read returned; `undefined` for the initial value. */
  source(read: Operation): Operation | undefined {
    if (read.output === null) return undefined;
    return this.operations.find(
      ({ f, key, input }) => f === "write" && key === read.key && input === read.output,
    );
  }

  /** Causal order. */
  causal(a: Operation, b: Operation): boolean {
    return this.#reach[a.index * this.operations.length + b.index] === 1;
  }

  /** Whether `a` precedes `read` causally, whatever `read` itself returns. */
  inPast(a: Operation, read: Operation): boolean {
    return this.operations.some(
      (one) => this.session(one, read) && (one === a || this.causal(a, one)),
    );
  }

  writes(key: unknown): Operation[] {
    return this.operations.filter((one) => one.f === "write" && one.key === key);
  }

  earlierReads(read: Operation): Operation[] {
    return this.operations.filter((one) => one.f === "read" && this.session(one, read));
  }
}

/** Whether `read` may not return `write` (`undefined`: the initial value). */
type Pattern = (facts: Relations, read: Operation, write: Operation | undefined) => boolean;

/** `write` is older than one of `newer`, by the order in which one session wrote. */
function older(
  facts: Relations,
  write: Operation | undefined,
  newer: readonly Operation[],
): boolean {
  return newer.some((one) => write === undefined || facts.session(write, one));
}

const missesOwn: Pattern = (facts, read, write) =>
  older(
    facts,
    write,
    facts.writes(read.key).filter((one) => facts.session(one, read)),
  );

const goesBack: Pattern = (facts, read, write) =>
  older(
    facts,
    write,
    facts
      .earlierReads(read)
      .flatMap((one) => (one.key === read.key ? (facts.source(one) ?? []) : [])),
  );

/** What came to a session, before `read`, with the writes that it has seen. */
type Came = (facts: Relations, read: Operation) => Operation[];

/** What the writers had written before. */
const earlierWrites: Came = (facts, read) => {
  const seen = facts.earlierReads(read).flatMap((one) => facts.source(one) ?? []);
  return facts.writes(read.key).filter((one) => seen.some((last) => facts.session(one, last)));
};

/** What the writers had read before, and what came with that, and so on. */
const dependencies: Came = (facts, read) => {
  const came = new Set<Operation>();
  const seen = facts.earlierReads(read).flatMap((one) => facts.source(one) ?? []);
  for (let last = seen.pop(); last; last = seen.pop()) {
    for (const earlier of facts.earlierReads(last)) {
      const source = facts.source(earlier);
      if (!source || came.has(source)) continue;
      came.add(source);
      seen.push(source);
    }
  }
  return [...came].filter((one) => one.key === read.key);
};

const misses =
  (came: Came): Pattern =>
  (facts, read, write) =>
    older(facts, write, came(facts, read));

/** An earlier read settled that `write` is older than another version, which has come as well by now. */
const turnsBack =
  (came: Came): Pattern =>
  (facts, read, write) =>
    write !== undefined &&
    facts.earlierReads(read).some((earlier) => {
      const newer = earlier.key === read.key ? facts.source(earlier) : undefined;
      if (!newer || newer === write) return false;
      return came(facts, earlier).includes(write) && came(facts, read).includes(newer);
    });

const missesEarlierWrite = misses(earlierWrites);
const missesDependency = misses(dependencies);

const causallyReplaced: Pattern = (facts, read, write) =>
  facts
    .writes(read.key)
    .some((one) => facts.inPast(one, read) && (write === undefined || facts.causal(write, one)));

/** Another read settled the order of two concurrent writes, and this one settles it the other way. */
const disagrees: Pattern = (facts, read, write) =>
  write !== undefined &&
  facts.inPast(write, read) &&
  facts.operations.some((other) => {
    if (other === read || other.f !== "read" || other.key !== read.key) return false;
    if (facts.causal(read, other)) return false;
    const winner = facts.source(other);
    return (
      winner !== undefined &&
      winner !== write &&
      facts.inPast(write, other) &&
      facts.inPast(winner, read)
    );
  });

/** The session saw this version, then another one, and now this one again. */
const returns: Pattern = (facts, read, write) => {
  const versions = facts
    .earlierReads(read)
    .flatMap((one) => (one.key === read.key ? [facts.source(one)] : []));
  const first = versions.indexOf(write);
  return first >= 0 && versions.slice(first).some((one) => one !== write);
};

const inOneView = [missesOwn, goesBack, missesEarlierWrite, returns];

const patterns: Readonly<Record<string, readonly Pattern[]>> = {
  "read-your-writes": [missesOwn],
  "monotonic-reads": [goesBack, returns],
  "monotonic-writes": [missesEarlierWrite, turnsBack(earlierWrites)],
  "writes-follow-reads": [missesDependency, turnsBack(dependencies)],
  PRAM: inOneView,
  "weak-causal": [causallyReplaced],
  "causal-convergence": [causallyReplaced, disagrees],
  causal: [...inOneView, causallyReplaced],
  sequential: [...inOneView, causallyReplaced, disagrees],
};

/** Changes one read of a history so that `level` forbids it; `undefined` if no read offers itself. */
export function breakByPattern(prng: Prng, history: History, level: string): History | undefined {
  const facts = new Relations(history);
  const pattern = prng.pick(patterns[level] as readonly Pattern[]);
  const reads = history.operations.filter(({ f }) => f === "read");
  for (const read of prng.shuffle(reads)) {
    const choices = prng.shuffle([undefined, ...facts.writes(read.key)]);
    const wrong = choices.find(
      (write) => (write?.input ?? null) !== read.output && pattern(facts, read, write),
    );
    if (wrong === undefined && !pattern(facts, read, undefined)) continue;
    if ((wrong?.input ?? null) === read.output) continue;
    return withChanged(history, read, { output: wrong?.input ?? null });
  }
  return undefined;
}
