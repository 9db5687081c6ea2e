/**
 * Validates the arguments that programs pass to `op`, `always` and similar functions. With an invalid
 * argument a check would judge nothing, or something unintended, so it ends the run with one clear message.
 */
import { LightconeError } from "../base/errors.ts";
import { readPlain } from "./plain.ts";

/** An operation as requested, with key and input as plain data. */
export interface AskedOperation {
  readonly f: string;
  readonly key: unknown;
  readonly input: unknown;
  readonly run: () => unknown;
}

/** Parses the arguments of `op`. Throws `LC_BAD_OPERATION`. */
export function readOperation(args: readonly unknown[]): AskedOperation {
  const run = args.at(-1);
  const [f, key, input] = args.slice(0, -1);
  if (typeof run !== "function" || typeof f !== "string" || f === "" || args.length > 4) {
    throw new LightconeError(
      "LC_BAD_OPERATION",
      "op(...) takes a name, then a key and an input where there are any, then a function",
      'For example op("write", "x", 7, () => client.set("x", 7)).',
    );
  }
  return {
    f,
    key: faithful(key, f, "key"),
    input: faithful(input, f, "input"),
    run: run as () => unknown,
  };
}

function faithful(given: unknown, f: string, what: "key" | "input"): unknown {
  const { value, vague } = readPlain(given);
  if (vague === undefined) return value;
  throw new LightconeError(
    "LC_BAD_OPERATION",
    `op(${JSON.stringify(f)}, ...): the ${what} holds ${vague}, which has no text that tells it from others`,
    `Give what names it, such as an id: the ${what} is compared with those of other operations.`,
  );
}

/** Rejects invalid arguments of `always`, `sometimes` and `eventually`. Throws `LC_BAD_ASSERTION`. */
export function refuseAssertion(assertion: string, name: unknown, condition: unknown): void {
  if (typeof name !== "string" || name === "") {
    const swapped = typeof condition === "string" ? ": the name comes first" : "";
    throw new LightconeError(
      "LC_BAD_ASSERTION",
      `${assertion}(${word(name)}, ${word(condition)})${swapped || ": its name is text"}`,
      `Write ${assertion}("the queue is bounded", queue.length < 10).`,
    );
  }
  if (typeof condition === "boolean") return;
  const awaited = condition instanceof Promise ? ", and a promise is neither: await it first" : "";
  throw new LightconeError(
    "LC_BAD_ASSERTION",
    `${assertion}(${JSON.stringify(name)}, ${word(condition)}): the condition must be true or false${awaited}`,
    "Compare, or write Boolean(...): what is merely truthy hides mistakes.",
  );
}

/** Rejects a `step` or `buggify` without a name. Throws `LC_BAD_ARGUMENT`. */
export function refuseName(of: string, name: unknown): void {
  if (typeof name === "string" && name !== "") return;
  throw new LightconeError(
    "LC_BAD_ARGUMENT",
    `${of}(${word(name)}) takes a name, which is text`,
    `Write ${of}("charged").`,
  );
}

/** Rejects an `integer(min, max)` with an empty range or invalid bounds. Throws `LC_BAD_ARGUMENT`. */
export function refuseIntegers(min: unknown, max: unknown): void {
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max) && Number(min) <= Number(max)) return;
  throw new LightconeError(
    "LC_BAD_ARGUMENT",
    `random.integer(${word(min)}, ${word(max)}) takes two whole numbers, the smaller one first`,
  );
}

/** Rejects a `pick` from anything but a non-empty array. Throws `LC_BAD_ARGUMENT`. */
export function refuseItems(items: unknown): void {
  if (Array.isArray(items) && items.length > 0) return;
  throw new LightconeError(
    "LC_BAD_ARGUMENT",
    `random.pick(${word(items)}) takes an array with at least one element`,
  );
}

const WORD_MAX = 60;

/** Formats an argument of any kind for a message, in short form. */
function word(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value instanceof Promise) return "a promise";
  if (typeof value === "number" || value === undefined) return String(value);
  const text = JSON.stringify(readPlain(value, { quiet: true }).value) ?? String(value);
  return text.length > WORD_MAX ? `${text.slice(0, WORD_MAX - 1)}…` : text;
}
