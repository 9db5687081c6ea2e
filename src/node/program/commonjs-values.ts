/** Small parts of the CommonJS loader: its errors, JSON, and setting properties that programs see. */
import { defineProperty, plain } from "../views/safe.ts";
import { jsonValue } from "./json-values.ts";
import type { Module } from "./module-types.ts";

/** Returns whether a request is a path, relative or absolute, and so not the name of a module. */
export function namesPath(request: string): boolean {
  const first = request[0];
  return first === "." || first === "/";
}

/** Sets a property, whatever a program has defined on `Object.prototype`. */
export function own(object: object, name: string, value: unknown): void {
  // An assignment, which costs much less, adds the same property unless one is inherited.
  if (name in object) {
    const attributes = { writable: true, enumerable: true, configurable: true };
    defineProperty(object, name, plain({ ...attributes, value }));
  } else (object as Record<string, unknown>)[name] = value;
}

/** Sets `module.exports`, whatever a program has defined on `Object.prototype`. */
export function setExports(module: Module, value: unknown): void {
  if ("exports" in (module as object)) own(module, "exports", value);
  else module.exports = value;
}

/** Returns the error for a native add-on: the dynamic linker's, if the file is none. */
export function addonError(path: string, text: string): Error {
  if (text.startsWith("\u007fELF")) {
    const error = new Error(`${path}: native add-ons are not simulated`);
    return Object.assign(error, { code: "LC_NOT_SIMULATED" });
  }
  const why = text.length < 64 ? "file too short" : "invalid ELF header";
  return Object.assign(new Error(`${path}: ${why}`), { code: "ERR_DLOPEN_FAILED" });
}

/**
 * Returns Node's error for a module that cannot be found. `stack` lists the requiring files,
 * innermost first.
 */
export function notFound(request: string, stack: readonly string[]): Error {
  const below = stack.length > 0 ? `\nRequire stack:\n- ${stack.join("\n- ")}` : "";
  const error = new Error(`Cannot find module '${request}'${below}`);
  return Object.assign(error, { code: "MODULE_NOT_FOUND", requireStack: stack });
}

/** Parses a JSON file. The error names the file, as Node's does. */
export function parseJson(filename: string, text: string): unknown {
  try {
    return jsonValue(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    (error as Error).message = `${filename}: ${(error as Error).message}`;
    throw error;
  }
}
