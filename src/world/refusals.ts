/** How the description of a world refuses what it is given: one message, with the value in short form. */
import { LightconeError } from "../base/errors.ts";
import { readPlain } from "./plain.ts";

const SHOWN_MAX = 80;

/** The error for a description that cannot be meant. */
export function bad(message: string, hint?: string): LightconeError {
  return new LightconeError("LC_BAD_WORLD", message, hint);
}

/** Rejects unknown options. Otherwise a misspelt option would be silently ignored. */
export function onlyOptions(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw bad(`${where}: ${show(options)} is not an object of options`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw bad(`${where}: no option ${JSON.stringify(unknown)}`, `It has ${known.join(", ")}.`);
}

/** Formats an argument of any kind for a message, in short form. */
export function show(value: unknown): string {
  if (typeof value === "function") return value.name === "" ? "a function" : value.name;
  if (value === undefined || typeof value === "number") return String(value);
  const text = JSON.stringify(readPlain(value, { quiet: true }).value) ?? String(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
}
