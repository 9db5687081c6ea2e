/** Errors in the text of a module, preceded by their position, as V8 reports them. */
import { LightconeError } from "../../../base/errors.ts";
import { defineProperty, plain } from "../../views/safe.ts";

/** Returns a parser's error in the form that a program sees. */
export function moduleSyntaxError(error: unknown, url: string): unknown {
  if (error instanceof LightconeError) return error;
  const { loc, message } = error as SyntaxError & { loc?: { line: number; column: number } };
  if (!(error instanceof SyntaxError) || loc === undefined) return error;
  const text = message.replace(/ \(\d+:\d+\)$/, "");
  const made = new SyntaxError(text);
  const place = `${url}:${loc.line}`;
  const stack = `${place}\n\nSyntaxError: ${text}\n    at ${place}:${loc.column + 1}`;
  defineProperty(made, "stack", plain({ value: stack, writable: true, configurable: true }));
  return made;
}
