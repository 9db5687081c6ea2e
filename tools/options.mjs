/**
 * How a tool reads its command line: one clear line for what it does not understand (exit code 2), and its
 * own opening comment for `--help`.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** The options and the other words of the tool that is called `name` on the command line. */
export function readOptions(name, options = {}, allowPositionals = false) {
  let read;
  try {
    read = parseArgs({ options: { ...options, help: { type: "boolean" } }, allowPositionals });
  } catch (error) {
    // Node goes on about words that start with a dash.
    stop(name, error.message.split(". ")[0]);
  }
  if (read.values.help) {
    console.log(openingComment(process.argv[1]));
    process.exit(0);
  }
  return read;
}

/** A whole number above zero that was given as text, or the end. */
export function wholeNumber(name, what, text) {
  const value = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (value > 0 && Number.isSafeInteger(value)) return value;
  return stop(name, `${what} is a whole number above zero, not ${JSON.stringify(text)}`);
}

/** A regular expression that may have been given as text, or the end. */
export function regularExpression(name, what, text) {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch {
    return stop(name, `${what} is no regular expression: ${text}`);
  }
}

/** Says why the tool cannot do what it was asked for, and ends it. */
export function stop(name, message) {
  console.error(`${name}: ${message}`);
  process.exit(2);
}

function openingComment(file) {
  const comment = /^\/\*\*(.*?)\*\//s.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  return comment.replaceAll(/^ \* ?/gm, "").trim();
}
