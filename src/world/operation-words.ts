/** Operations in words, for stories: "acquire job -> held". */
import { messageOf } from "../base/errors.ts";
import type { Operation } from "../history/operation.ts";

/** What a successful operation without an answer is called, where there is a better word than "ok". */
const done: Record<string, string> = {
  acquire: "held",
  lock: "held",
  release: "released",
  unlock: "released",
};

const SHOWN_MAX = 60;
const ERROR_MAX = 300;

/** What was asked: "acquire job", "write x 7". */
export function describeOperation({ f, key, input }: Operation): string {
  return [f, show(key), show(input)].filter((part) => part !== "").join(" ");
}

/** What was answered: "held", "7", "failed: ...", "no answer". */
export function describeOutcome(operation: Operation): string {
  const { outcome, output, f, error, completeNs } = operation;
  if (outcome === "ok") {
    const word = Object.hasOwn(done, f) ? done[f] : undefined;
    if (word !== undefined && saysNothing(output)) return word;
    return output === undefined ? "ok" : output === null ? "null" : show(output);
  }
  if (completeNs === Infinity) return "no answer";
  const why = error === undefined ? "" : `: ${showValue(messageOf(error), ERROR_MAX)}`;
  return outcome === "fail" ? `failed${why}` : `unknown${why}`;
}

/** An answer that is a handle, such as the lock's own object, says no more than that there is one. */
function saysNothing(output: unknown): boolean {
  if (typeof output === "string") return /^\[[^\]]*\]$/.test(output);
  return output === undefined || typeof output === "object";
}

function show(value: unknown): string {
  return value === undefined || value === null ? "" : showValue(value, SHOWN_MAX);
}

/**
 * A value in words, cut to about `max` characters. What is cut says how long it was, and keeps its end: that is
 * where two long values differ more often than not.
 */
export function showValue(value: unknown, max: number): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  if (text.length <= max) return text;
  const end = Math.floor(max / 3);
  const length = `${text.length.toLocaleString("en-US")} characters`;
  return `${text.slice(0, max - end)}… (${length}) …${text.slice(-end)}`;
}
