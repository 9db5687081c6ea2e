/** What Node prints of an exception that ends a process: the place, the line with a mark, the error. */
import { fileURLToPath } from "node:url";
import { placedFile } from "./program/source/registry.ts";

/** Places and marked lines of errors that have no frame of a program: errors in its text. */
const arrows = new WeakMap<object, string>();

/** Notes the place of an error, in the form that is printed before it. */
export function noteArrow(error: object, arrow: string): void {
  arrows.set(error, arrow);
}

/** The first frame of a stack, if it is in a file of a program. */
const FIRST_FRAME =
  /\n {4}at (?:[^\n]*?\()?((?:file:\/\/)?\/[^\n]*?|\[[^\]\n]+\]):(\d+):(\d+)\)?(?:\n|$)/;

/** Returns the text before an error: its place, its line, and a mark. Empty if it is not known. */
function arrowOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const known = arrows.get(thrown);
  if (known !== undefined) return known;
  const stack = String(thrown.stack);
  const frames = stack.slice(Math.max(0, stack.search(/\n {4}at /)));
  const found = FIRST_FRAME.exec(frames);
  if (found?.index !== 0) return "";
  const [, name = "", lineNumber = "1", column = "1"] = found;
  const file =
    placedFile(name) ?? (name.startsWith("file:") ? placedFile(fileURLToPath(name)) : undefined);
  const line = file?.original.split("\n")[Number(lineNumber) - 1];
  if (line === undefined) return "";
  // V8 marks the statement that throws, and not the error that it makes.
  const before = line.slice(0, Number(column) - 1);
  const statement = /\bthrow\s[^;]*$/.exec(before)?.index ?? before.length;
  return `${name}:${lineNumber}\n${line}\n${" ".repeat(statement)}^\n`;
}

/**
 * Returns what a process prints when it dies of `thrown`, where `text` is how it is shown. The last
 * line names Node's version.
 */
export function fatalText(thrown: unknown, text: string): string {
  const version = `\n\nNode.js ${process.version}\n`;
  // Some stacks begin with it.
  if (thrown instanceof Error && /^\S[^\n]*:\d+\n/.test(text)) return text + version;
  const arrow = arrowOf(thrown);
  if (arrow !== "") return `${arrow}\n${text}${version}`;
  if (thrown instanceof Error) return `Uncaught:\n${text}${version}`;
  const hint = "(Use `node --trace-uncaught ...` to show where the exception was thrown)";
  return `Uncaught:\n${text}\n${hint}${version}`;
}
