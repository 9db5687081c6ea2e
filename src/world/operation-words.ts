/** Formats operations in words, for stories: "acquire job -> held". */
import { messageOf } from "../base/errors.ts";
import type { Operation } from "../history/operation.ts";
import { answerWord } from "../trace/answer-words.ts";

const SHOWN_MAX = 60;
const ERROR_MAX = 300;

/** The request in words: "acquire job", "write x 7". */
export function describeOperation({ f, key, input }: Operation): string {
  return [f, show(key), show(input)].filter((part) => part !== "").join(" ");
}

/** The answer in words: "held", "7", "failed: ...", "no answer". */
export function describeOutcome(operation: Operation): string {
  const { outcome, output, f, error, completeNs } = operation;
  if (outcome === "ok") {
    const word = answerWord(f, output);
    if (word !== undefined) return word;
    return output === undefined ? "ok" : output === null ? "null" : show(output);
  }
  if (completeNs === Infinity) return "no answer";
  const why = error === undefined ? "" : `: ${showValue(messageOf(error), ERROR_MAX)}`;
  return outcome === "fail" ? `failed${why}` : `unknown${why}`;
}

function show(value: unknown): string {
  return value === undefined || value === null ? "" : showValue(value, SHOWN_MAX);
}

/**
 * Formats a value, truncated to about `max` characters. A truncated value shows its full length and keeps
 * its end, because two long values usually differ there.
 */
export function showValue(value: unknown, max: number): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  if (text.length <= max) return text;
  const end = Math.floor(max / 3);
  const length = `${text.length.toLocaleString("en-US")} characters`;
  return `${text.slice(0, max - end)}… (${length}) …${text.slice(-end)}`;
}
