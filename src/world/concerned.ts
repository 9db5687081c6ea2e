/**
 * Selects the operations that a story shows if its evidence names none: those before an assertion, or those
 * that a check's sentence seems to refer to.
 */
import type { Evidence } from "../check/verdict.ts";
import type { History, Operation } from "../history/operation.ts";

/** The numbers of operations shown before an assertion: of the client, and on the key. */
const CLIENT_MAX = 5;
const KEY_MAX = 6;
const KINDS_MAX = 8;

/** What is known about an assertion that failed. */
export interface AssertedAt {
  readonly host: string;
  readonly atNs: number;
  /** The trace event of the assertion. It determines which operations came before. */
  readonly event: number;
  readonly detail: unknown;
}

/**
 * The operations before an assertion, by index: the last ones of its client, and the last ones on its key
 * (the key of the current or last operation, and any that its detail names); of the latter, the last of
 * every kind and outcome.
 */
export function operationsBefore(operations: readonly Operation[], at: AssertedAt): number[] {
  const before = operations.filter((operation) => wasBefore(operation, at));
  const ofClient = before.filter(({ process }) => isOfHost(process, at.host));
  const keys = new Set<string>();
  const current = ofClient.findLast(({ completeNs }) => completeNs >= at.atNs) ?? ofClient.at(-1);
  if (current?.key !== undefined) keys.add(keyText(current.key));
  for (const word of wordsOf(at.detail)) keys.add(word);
  const ofKey = before.filter(({ key }) => key !== undefined && keys.has(keyText(key)));
  const chosen = new Set([
    ...ofClient.slice(-CLIENT_MAX),
    ...ofKey.slice(-KEY_MAX),
    ...lastOfKinds(ofKey),
  ]);
  return [...chosen].map(({ index }) => index).sort((a, b) => a - b);
}

/**
 * The last operation of every kind and outcome. A client that waits for a lock has not seen how it was
 * acquired.
 */
function lastOfKinds(operations: readonly Operation[]): Operation[] {
  const last = new Map<string, Operation>();
  for (const operation of operations) last.set(`${operation.f} ${operation.outcome}`, operation);
  return [...last.values()].slice(-KINDS_MAX);
}

function wasBefore({ invokeEvent, invokeNs }: Operation, { event, atNs }: AssertedAt): boolean {
  return invokeEvent === undefined ? invokeNs <= atNs : invokeEvent < event;
}

/** The number of operations shown in addition to those that a sentence names. */
const BESIDE_NAMED_MAX = 8;

/**
 * At most `max` of the operations, by index: those that the sentence names (by key or value, otherwise by
 * process), and those concurrent with them. If it names none, those that did not succeed, and the latest.
 */
export function operationsNamed(
  operations: readonly Operation[],
  sentence: string,
  max: number,
): number[] {
  if (operations.length <= max) return operations.map(({ index }) => index);
  const words = new Set(sentence.split(/[^\p{L}\p{N}_./:@-]+/u).map((word) => trimmed(word)));
  const isNamed = nameFinder(sentence, words);
  // A number in the sentence may be a count that happens to be some operation's value, so keys decide, and
  // values only if no key is named, or too many operations have it.
  const ofKey = operations.filter(({ key }) => isNamed(key));
  const among = ofKey.length === 0 || ofKey.length > max ? operations : [];
  const ofValue = among.filter(({ key, input, output }) => {
    return (ofKey.length === 0 || isNamed(key)) && (isNamed(input) || isNamed(output));
  });
  const meant = ofValue.length > 0 ? ofValue : ofKey;
  // Repetitions may be what is wrong, unless there are more of them than can be shown.
  const repeats = meant.length === 0 || meant.length > max;
  const latest = meant.toReversed();
  const named = (repeats ? withoutRepetitions(latest) : latest).slice(0, max).reverse();
  const chosen = new Set(named);
  const rest = operations.filter((operation) => !chosen.has(operation));
  const byProcess = ({ process, outcome }: Operation): number =>
    (words.has(String(process)) ? 2 : 0) + (outcome === "ok" ? 0 : 1);
  const order = (a: Operation, b: Operation): number =>
    named.length > 0
      ? distance(a, named) - distance(b, named)
      : byProcess(b) - byProcess(a) || b.index - a.index;
  const room = Math.min(max, named.length > 0 ? named.length + BESIDE_NAMED_MAX : max);
  const ordered = rest.sort(order);
  // A client that reads the same again and again says it once, so that what was before is seen as well.
  const all = [...named, ...ordered];
  for (const operation of repeats ? withoutRepetitions(all) : all) {
    if (chosen.size < room) chosen.add(operation);
  }
  return [...chosen].map(({ index }) => index).sort((a, b) => a - b);
}

/** The operations without those that repeat what the same process did and was answered. The first ones stay. */
function withoutRepetitions(operations: readonly Operation[]): Operation[] {
  const seen = new Set<string>();
  return operations.filter(({ process, f, key, input, output, outcome }) => {
    const text = [process, f, outcome, keyText(key), keyText(input), keyText(output)].join("\0");
    return !seen.has(text) && seen.add(text);
  });
}

/** Finds out whether a sentence contains a value: as one of its words, or, if it has several itself, in full. */
function nameFinder(sentence: string, words: ReadonlySet<string>): (value: unknown) => boolean {
  const known = new Map<string, boolean>();
  return (value) => {
    const text = keyText(value);
    if (text === "" || text.length > sentence.length) return false;
    let found = known.get(text);
    if (found === undefined) known.set(text, (found = words.has(text) || isWithin(text, sentence)));
    return found;
  };
}

/** Whether a text of several words stands in a sentence, and is not a part of longer words there. */
function isWithin(text: string, sentence: string): boolean {
  if (/^[\p{L}\p{N}_./:@-]*$/u.test(text)) return false;
  const isLetter = (char: string | undefined): boolean => /[\p{L}\p{N}]/u.test(char ?? "");
  for (let at = sentence.indexOf(text); at >= 0; at = sentence.indexOf(text, at + 1)) {
    const end = at + text.length;
    if (isLetter(text[0]) && isLetter(sentence[at - 1])) continue;
    if (isLetter(text.at(-1)) && isLetter(sentence[end])) continue;
    return true;
  }
  return false;
}

/** The time between an operation and the nearest of others, in nanoseconds. */
function distance({ invokeNs, completeNs }: Operation, others: readonly Operation[]): number {
  const between = others.map((other) => {
    return Math.max(0, other.invokeNs - completeNs, invokeNs - other.completeNs);
  });
  return Math.min(...between);
}

/** Removes the punctuation at the end of a word. */
function trimmed(word: string): string {
  return word.replace(/[.:,]+$/, "");
}

/** Whether a history's process belongs to a host. A host's lanes are "a", "a/2", "a/3", ... */
export function isOfHost(process: number | string, host: string): boolean {
  return process === host || String(process).startsWith(`${host}/`);
}

/** A key as text, so that equal keys compare equal. */
export function keyText(key: unknown): string {
  return typeof key === "string" ? key : (JSON.stringify(key) ?? "");
}

/** The plain values in a detail, two levels deep. Any of them may be a key. */
function wordsOf(detail: unknown, depth = 0): string[] {
  if (typeof detail === "string" || typeof detail === "number") return [keyText(detail)];
  if (typeof detail !== "object" || detail === null || depth === 2) return [];
  return Object.values(detail).flatMap((value) => wordsOf(value, depth + 1));
}

/** The keys of operations that a detail names. */
export function keysNamed(operations: readonly Operation[], detail: unknown): string[] {
  const words = new Set(wordsOf(detail));
  const keys = new Set(operations.map(({ key }) => (key === undefined ? "" : keyText(key))));
  return [...words].filter((word) => word !== "" && keys.has(word));
}

/** The hosts that the evidence mentions, and maybe other words that stand where hosts do. */
export function hostsOf(
  { steps, operations }: Evidence,
  { history }: { readonly history: History },
): Set<string> {
  const names = [
    ...steps.map(({ who }) => who ?? ""),
    ...operations.map((index) => String(history.operations[index]?.process ?? "")),
  ];
  return new Set(names.map((name) => name.split("/")[0] as string));
}
