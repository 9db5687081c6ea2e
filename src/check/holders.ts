/**
 * Mutual exclusion, for the locks of a world: at no time two holders. A process holds a lock for certain
 * from the completion of its `acquire` to the invocation of its `release`. With releases by holders alone
 * that decides linearizability of a mutex: where no two such spans overlap, each acquire can take effect
 * at its completion and each release at its invocation. O(n log n).
 */
import { formatNs } from "../base/units.ts";
import type { History, Operation } from "../history/operation.ts";
import type { Evidence, Verdict } from "./verdict.ts";

/** A check of a world, as `w.check` takes it. */
export interface MutexCheck {
  readonly name: string;
  readonly givenUpAtDeath: readonly [acquire: string, release: string];
  judge(record: { readonly history: History }): Verdict;
}

/** What the operations are called. */
export interface MutexOptions {
  readonly acquire?: string;
  readonly release?: string;
}

interface Hold {
  readonly acquire: Operation;
  readonly release: Operation | undefined;
}

/**
 * At no time two holders of one lock. Reads the operations `acquire` and `release` of each key; a process
 * that dies has given up what it held.
 */
export function mutex(options: MutexOptions = {}): MutexCheck {
  const acquire = options.acquire ?? "acquire";
  const release = options.release ?? "release";
  return {
    name: "mutex",
    givenUpAtDeath: [acquire, release],
    judge: ({ history }) => judgeHolders(history, acquire, release),
  };
}

/** Judges every lock of a history by itself. */
export function judgeHolders(history: History, acquire: string, release: string): Verdict {
  const evidence: Evidence[] = [];
  for (const [key, holds] of holdsByKey(history, acquire, release)) {
    const found = firstOverlap(holds);
    if (found) evidence.push(explain(key, found));
  }
  return evidence.length === 0 ? { result: "holds" } : { result: "violated", evidence };
}

function holdsByKey(history: History, acquire: string, release: string): Map<unknown, Hold[]> {
  const byKey = new Map<unknown, Hold[]>();
  /** By process and key: its acquires that nothing released yet. */
  const open = new Map<string, Operation[]>();
  const close = (operation: Operation): void => {
    const pending = open.get(lockOf(operation))?.shift();
    if (pending) add(byKey, { acquire: pending, release: operation });
  };
  for (const operation of history.operations) {
    if (operation.f === acquire && operation.outcome === "ok") {
      const lock = lockOf(operation);
      const pending = open.get(lock);
      if (pending) pending.push(operation);
      else open.set(lock, [operation]);
    } else if (operation.f === release && operation.outcome !== "fail") {
      close(operation);
    }
  }
  for (const pending of open.values()) {
    for (const operation of pending) add(byKey, { acquire: operation, release: undefined });
  }
  return byKey;
}

function add(byKey: Map<unknown, Hold[]>, hold: Hold): void {
  const key = keyText(hold.acquire.key);
  const holds = byKey.get(key);
  if (holds) holds.push(hold);
  else byKey.set(key, [hold]);
}

/** The two holds that overlap first, the earlier holder first. */
function firstOverlap(holds: Hold[]): [Hold, Hold] | undefined {
  holds.sort((a, b) => a.acquire.completeRank - b.acquire.completeRank);
  let longest: Hold | undefined;
  for (const hold of holds) {
    if (longest && endRank(longest) > hold.acquire.completeRank) return [longest, hold];
    if (!longest || endRank(hold) > endRank(longest)) longest = hold;
  }
  return undefined;
}

function explain(key: unknown, [first, second]: [Hold, Hold]): Evidence {
  const fromNs = second.acquire.completeNs;
  const untilNs = Math.min(endNs(first), endNs(second));
  const until = untilNs === Infinity ? "the end" : formatNs(untilNs);
  const releases = [first, second].flatMap(({ release }) => release ?? []);
  const operations = [first.acquire, second.acquire, ...releases];
  const of = key === undefined ? "" : ` of ${String(key)}`;
  return {
    summary: `two holders${of} from ${formatNs(fromNs)} to ${until}`,
    key,
    steps: operations.map((operation) => ({
      atNs: operation.f === first.acquire.f ? operation.completeNs : operation.invokeNs,
      who: String(operation.process),
      text: operation.f,
      operation: operation.index,
    })),
    operations: operations.map(({ index }) => index),
  };
}

function endRank({ release }: Hold): number {
  return release ? release.invokeRank : Infinity;
}

function endNs({ release }: Hold): number {
  return release ? release.invokeNs : Infinity;
}

function lockOf(operation: Operation): string {
  return `${String(operation.process)} ${String(keyText(operation.key))}`;
}

function keyText(key: unknown): unknown {
  return key === undefined || typeof key === "string" ? key : JSON.stringify(key);
}
