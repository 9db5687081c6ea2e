/** The error for an imported name that a module does not export, in the words of V8 and of Node. */
import { defineProperty, plain } from "../../views/safe.ts";
import type { ImportedName } from "../source/transform.ts";
import { BuiltinModule } from "./builtin-module.ts";
import { type SourceModule, SyntheticModule } from "./record.ts";

/** Returns the error for `imported`, which `from` imports. Two modules may export the name. */
export function missingExportError(
  from: SourceModule,
  imported: ImportedName,
  isAmbiguous: boolean,
): SyntaxError {
  const { specifier } = from.file.shape.requests[imported.request] as { specifier: string };
  const record = from.requested[imported.request];
  const { name } = imported;
  let message = isAmbiguous
    ? `The requested module '${specifier}' contains conflicting star exports for name '${name}'`
    : `The requested module '${specifier}' does not provide an export named '${name}'`;
  const place = placeIn(from.file.source, imported.start);
  if (
    record instanceof SyntheticModule &&
    !(record instanceof BuiltinModule) &&
    record.has("default") &&
    !record.url.endsWith(".json")
  ) {
    const names = /{.*}/.exec(place.text)?.[0].replace(/\s+as\s+/g, ": ");
    message =
      `Named export '${name}' not found. The requested module '${specifier}' is a CommonJS module, ` +
      "which may not support all module.exports as named exports.\nCommonJS modules can always be " +
      `imported via the default export, for example using:\n\nimport pkg from '${specifier}';\n` +
      (names === undefined ? "" : `const ${names} = pkg;\n`);
  }
  const error = new SyntaxError(message);
  const { line, column, text } = place;
  const original = from.file.originalPlace(line, column);
  const marks = `${" ".repeat(column - 1)}${"^".repeat(name?.length ?? 1)}`;
  const head = `${from.url}:${original.line}\n${text}\n${marks}\n`;
  const stack = `${head}SyntaxError: ${message}\n    at ${from.url}:${original.line}:${original.column}`;
  defineProperty(error, "stack", plain({ value: stack, writable: true, configurable: true }));
  return error;
}

function placeIn(source: string, at: number): { line: number; column: number; text: string } {
  const start = source.lastIndexOf("\n", at - 1) + 1;
  const end = source.indexOf("\n", at);
  const line = source.slice(0, start).split("\n").length;
  return { line, column: at - start + 1, text: source.slice(start, end < 0 ? undefined : end) };
}
