/** Errors in the text of a module, with V8's own words, and its place as Node prints it. */
import { LightconeError } from "../../../base/errors.ts";
import { noteArrow } from "../../fatal-text.ts";
import { realInternalBinding } from "../../lib/internals.ts";
import { defineProperty, plain } from "../../views/safe.ts";

type Compile = new (
  url: string,
  context: undefined,
  source: string,
  line: number,
  column: number,
  id: symbol,
) => object;

/** Returns a parser's error in the form that a program sees. `source` is the module's JavaScript. */
export function moduleSyntaxError(error: unknown, url: string, source: string): unknown {
  if (error instanceof LightconeError) return error;
  const { loc } = error as SyntaxError & { loc?: { line: number; column: number } };
  // V8 has made it.
  if (!(error instanceof SyntaxError) || loc === undefined) return error;
  const { message, arrow } = wordsOfV8(url, source) ?? {
    message: error.message.replace(/ \(\d+:\d+\)$/, ""),
    arrow: `${url}:${loc.line}\n${source.split("\n")[loc.line - 1] ?? ""}\n${" ".repeat(loc.column)}^\n`,
  };
  const made = new SyntaxError(message);
  // In Node, the stack has frames of its loader only. Here it has the place.
  const stack = `SyntaxError: ${message}\n    at ${url}:${loc.line}:${loc.column + 1}`;
  defineProperty(made, "stack", plain({ value: stack, writable: true, configurable: true }));
  noteArrow(made, arrow);
  return made;
}

/** Compiles a module as V8 does, for its error. Undefined if V8 finds none. */
function wordsOfV8(url: string, source: string): { message: string; arrow: string } | undefined {
  try {
    const { ModuleWrap } = realInternalBinding("module_wrap") as { ModuleWrap: Compile };
    void new ModuleWrap(url, undefined, source, 0, 0, Symbol(url));
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) return undefined;
    const { privateSymbols } = realInternalBinding("util") as {
      privateSymbols: Record<string, symbol>;
    };
    const key = privateSymbols["arrow_message_private_symbol"] as symbol;
    const arrow = (error as unknown as Record<symbol, string | undefined>)[key] ?? "";
    return { message: error.message, arrow };
  }
}
