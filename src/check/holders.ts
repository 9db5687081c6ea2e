/**
 * Mutual exclusion for the locks of a world: there are never two holders at the same time. A process
 * certainly holds a lock from the completion of its `acquire` to the invocation of its `release`. If only
 * holders release, this decides linearizability of a mutex: if no two such spans overlap, each acquire can
 * take effect at its completion and each release at its invocation. O(n log n).
 */
import { LightconeError } from "../base/errors.ts";
import { formatNs } from "../base/units.ts";
import type { History, Operation } from "../history/operation.ts";
import { refuseOptions } from "./options.ts";
import type { Evidence, Verdict } from "./verdict.ts";
import { namesOf } from "./words.ts";

/** A check of a world, in the form that `w.check` takes. */
export interface MutexCheck {
  readonly name: string;
  readonly looksFor: readonly string[];
  readonly givenUpAtDeath: readonly [acquire: readonly string[], release: readonly string[]];
  judge(record: { readonly history: History }): Verdict;
}

/** The names of the operations, if they are not the default ones. */
export interface MutexOptions {
  /** The operation that takes the lock. Default: `acquire` or `lock`. */
  readonly acquire?: string;
  /** The operation that releases it. Default: `release` or `unlock`. */
  readonly release?: string;
}

interface Hold {
  readonly acquire: Operation;
  readonly release: Operation | undefined;
}

/**
 * Creates a check that a lock never has two holders at the same time. It uses the operations `acquire` (or
 * `lock`) and `release` (or `unlock`) of each key. A process that dies releases what it held. Throws
 * `LC_BAD_CHECK` for unknown options.
 *
 * @example
 * w.check(mutex());
 * w.check(mutex({ acquire: "lead", release: "step down" }));
 */
export function mutex(options: MutexOptions = {}): MutexCheck {
  refuseOptions("mutex", options, ["acquire", "release"]);
  const acquire = wordsFor("acquire", options.acquire);
  const release = wordsFor("release", options.release);
  return {
    name: "mutex",
    looksFor: acquire,
    givenUpAtDeath: [acquire, release],
    judge: ({ history }) => judgeHolders(history, acquire, release),
  };
}

function wordsFor(meaning: "acquire" | "release", given: unknown): readonly string[] {
  if (given === undefined) return namesOf(meaning);
  if (typeof given === "string" && given !== "") return [given];
  throw new LightconeError(
    "LC_BAD_CHECK",
    `mutex: ${meaning} is ${JSON.stringify(given) ?? typeof given}, not the name of an operation`,
  );
}

/** Judges every lock of a history separately. Acquire and release may each have one name or several. */
export function judgeHolders(
  history: History,
  acquire: string | readonly string[],
  release: string | readonly string[],
): Verdict {
  const evidence: Evidence[] = [];
  for (const [key, holds] of holdsByKey(history, [acquire].flat(), [release].flat())) {
    const found = firstOverlap(holds);
    if (!found) continue;
    const mayFree = (operation: Operation): boolean => [release].flat().includes(operation.f);
    evidence.push(explain(key, found, openMeanwhile(history, key, found, mayFree)));
  }
  return evidence.length === 0 ? { result: "holds" } : { result: "violated", evidence };
}

function holdsByKey(
  history: History,
  acquires: readonly string[],
  releases: readonly string[],
): Map<unknown, Hold[]> {
  const byKey = new Map<unknown, Hold[]>();
  /** By lock and client: acquires that were not released yet, in order. */
  const open = new Map<string, Operation[]>();
  const close = (operation: Operation): void => {
    const pending = open.get(lockOf(operation)) ?? [];
    // A client with overlapping operations is several processes in the history. Holds of the same process
    // come first.
    const own = pending.findIndex(({ process }) => process === operation.process);
    const [acquire] = pending.splice(Math.max(own, 0), 1);
    if (acquire) add(byKey, { acquire, release: operation });
  };
  for (const operation of history.operations) {
    if (acquires.includes(operation.f) && operation.outcome === "ok") {
      const lock = lockOf(operation);
      const pending = open.get(lock);
      if (pending) pending.push(operation);
      else open.set(lock, [operation]);
    } else if (releases.includes(operation.f) && operation.outcome !== "fail") {
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

/** The two holds that overlap first, with the earlier holder first. */
function firstOverlap(holds: Hold[]): [Hold, Hold] | undefined {
  holds.sort((a, b) => a.acquire.completeRank - b.acquire.completeRank);
  let longest: Hold | undefined;
  for (const hold of holds) {
    if (longest && endRank(longest) > hold.acquire.completeRank) return [longest, hold];
    if (!longest || endRank(hold) > endRank(longest)) longest = hold;
  }
  return undefined;
}

/** At most this many operations are listed. Of the unanswered ones, the latest are listed first. */
const OPEN_TOLD_MAX = 12;

/**
 * The other releases of the key that may have taken effect between the two acquires: all that were open
 * at any time from the invocation of the first to the completion of the second, and all that were not
 * answered before that (such as a release still in transit). The cause may be among them. Acquires by others are left
 * out: none of them gives the lock to a second holder.
 */
function openMeanwhile(
  history: History,
  key: unknown,
  [first, second]: [Hold, Hold],
  mayFree: (operation: Operation) => boolean,
): Operation[] {
  const fromRank = first.acquire.invokeRank;
  const untilRank = second.acquire.completeRank;
  const own = new Set([first, second].flatMap((hold) => [hold.acquire, hold.release]));
  const open = history.operations.filter((operation) => {
    if (own.has(operation) || keyText(operation.key) !== key) return false;
    if (operation.invokeRank >= untilRank || operation.completeRank <= fromRank) return false;
    return mayFree(operation) && !isGivenUpBefore(operation, first.acquire);
  });
  return open.slice(-OPEN_TOLD_MAX);
}

/**
 * Whether it represents the release of what a process held when it died, before the first acquire. It took
 * effect then.
 */
function isGivenUpBefore(operation: Operation, acquire: Operation): boolean {
  const { outcome, invokeNs, completeNs } = operation;
  return outcome === "info" && invokeNs === completeNs && completeNs <= acquire.invokeNs;
}

function explain(
  key: unknown,
  [first, second]: [Hold, Hold],
  meanwhile: readonly Operation[],
): Evidence {
  const fromNs = second.acquire.completeNs;
  const untilNs = Math.min(endNs(first), endNs(second));
  const until = untilText(fromNs, untilNs);
  const releases = [first, second].flatMap(({ release }) => release ?? []);
  const operations = [first.acquire, second.acquire, ...releases];
  const of = key === undefined ? "" : ` of ${String(key)}`;
  return {
    summary: `two holders${of} from ${formatNs(fromNs)} ${until}`,
    manner:
      second.acquire.invokeRank > first.acquire.completeRank
        ? "the second holder asked while the first one held"
        : "both holders asked at once",
    key,
    steps: [...operations, ...meanwhile].map((operation) => ({
      atNs: releases.includes(operation) ? operation.invokeNs : operation.completeNs,
      who: String(operation.process),
      text: operation.f,
      operation: operation.index,
    })),
    operations: operations.map(({ index }) => index),
  };
}

function untilText(fromNs: number, untilNs: number): string {
  if (untilNs === Infinity) return "to the end";
  // Less than the clock shows is still a time.
  return formatNs(fromNs) === formatNs(untilNs)
    ? `for ${formatNs(untilNs - fromNs)}`
    : `to ${formatNs(untilNs)}`;
}

function endRank({ release }: Hold): number {
  return release ? release.invokeRank : Infinity;
}

function endNs({ release }: Hold): number {
  return release ? release.invokeNs : Infinity;
}

/** Identifies the lock and its holder. */
function lockOf({ client, process, key }: Operation): string {
  return `${client ?? process} ${String(keyText(key))}`;
}

function keyText(key: unknown): unknown {
  return key === undefined || typeof key === "string" ? key : JSON.stringify(key);
}
