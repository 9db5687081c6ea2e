/**
 * The mutation suite: every algorithm is given valid histories, of which it must blame none, and the same
 * kind of histories each broken by one change that provably breaks it, of which it must miss none.
 *
 * A subject proves what it hands out without the code that is judged: by construction (a simulator that
 * acts at one instant), by a pattern that the definition forbids, or by a brute-force referee.
 */
import { Prng } from "../../src/base/prng.ts";
import type { History } from "../../src/history/operation.ts";

/** One algorithm under test, and where its histories come from. */
export interface Subject {
  /** What is judged: a model or level, and the algorithm where several decide it. */
  readonly name: string;
  /** A valid history. */
  valid(prng: Prng): History;
  /** A valid history with one change that provably breaks it; `undefined` if this one offered none. */
  broken(prng: Prng): History | undefined;
  /** The verdict: "holds", "violated" or "unknown". */
  judge(history: History): string;
}

/** What a subject got wrong. */
export interface Miss {
  readonly subject: string;
  readonly expected: "holds" | "violated";
  readonly got: string;
  readonly seed: number;
  readonly history: History;
}

/** How often a fresh valid history is tried for one that can be broken. */
const triesMax = 40;

/** Runs `count` valid and `count` broken histories; stops at `missesMax` misses. */
export function runSubject(
  subject: Subject,
  count: number,
  missesMax = 1,
): { valid: number; broken: number; misses: Miss[] } {
  const misses: Miss[] = [];
  const done = { valid: 0, broken: 0, misses };
  const judge = (history: History, expected: Miss["expected"], seed: number): void => {
    let got: string;
    try {
      got = subject.judge(history);
    } catch (error) {
      got = `threw ${String(error)}`;
    }
    if (got !== expected) misses.push({ subject: subject.name, expected, got, seed, history });
  };
  for (let seed = 0; seed < count && misses.length < missesMax; seed++) {
    const root = Prng.root(seed).fork(subject.name);
    judge(subject.valid(root.fork("valid")), "holds", seed);
    done.valid++;
    let broken: History | undefined;
    for (let attempt = 0; attempt < triesMax && !broken; attempt++) {
      broken = subject.broken(root.fork(`broken ${attempt}`));
    }
    if (!broken) continue;
    judge(broken, "violated", seed);
    done.broken++;
  }
  return done;
}

/** A miss for a person: what was expected, and the history. */
export function describeMiss({ subject, expected, got, seed, history }: Miss): string {
  const lines = history.operations.map(
    ({ process, f, key, input, output, outcome, invokeRank, completeRank }) =>
      `  ${String(process)}: ${f} ${JSON.stringify([key, input, output])} ${outcome} ${invokeRank}..${completeRank}`,
  );
  return [`${subject}, seed ${seed}: expected ${expected}, got ${got}`, ...lines].join("\n");
}
