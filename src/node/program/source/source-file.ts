/**
 * Source files, compiled once for all processes. They are looked up by name and text. V8 creates
 * their functions when a process first evaluates them.
 */
import { pathToFileURL } from "node:url";
import { compileFunction, Script } from "node:vm";
import { withoutView } from "../../views/view.ts";
import { applyEdits, columnBefore, type Edit } from "./edits.ts";
import { type PlacedFile, PROGRAM_PREFIX, registerFile } from "./registry.ts";
import { recall, remember } from "./store.ts";
import {
  commonParameters,
  looksLikeModule,
  type ModuleShape,
  transformCommonJs,
  type Transformed,
  transformModule,
  wrapCommonJs,
} from "./transform.ts";
import { originalOf } from "./typescript-map.ts";

/** What kind of module a file is. */
export type Format = "commonjs" | "module";

/**
 * The form of an ES module's function: called at once, or begun before it continues (a generator),
 * each with `await` or not.
 */
export type FunctionKind = "function" | "function*" | "async function" | "async function*";

/** JavaScript compiled from another language. */
export interface Translated {
  readonly code: string;
  /** Its source map, as JSON. */
  readonly map: string;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** A position in a text. Both numbers count from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** More columns than a line can have: V8's longest string is shorter. */
const COLUMNS_MAX = 2 ** 30;

/** A file of a program, as text that V8 compiles. */
export class SourceFile implements PlacedFile {
  /** The name that stack traces show: a path, or an ES module's URL. */
  readonly name: string;
  readonly format: Format;
  /** The file's text. */
  readonly original: string;
  /** JavaScript, before it is transformed. */
  readonly source: string;
  readonly translated: Translated | undefined;
  readonly #transformed: Transformed;
  #commonJs: AnyFunction | undefined;
  readonly #functions = new Map<FunctionKind, AnyFunction>();
  /** The places that were mapped, by their numbers. Programs read the same stacks at every start. */
  readonly #places = new Map<number, Place>();

  constructor(
    name: string,
    format: Format,
    original: string,
    source: string,
    transformed: Transformed,
    translated: Translated | undefined,
  ) {
    this.name = name;
    this.format = format;
    this.original = original;
    this.source = source;
    this.translated = translated;
    this.#transformed = transformed;
  }

  /** The outline of an ES module. */
  get shape(): ModuleShape {
    return this.#transformed.module as ModuleShape;
  }

  /**
   * The function around a CommonJS file. Called with a process's scope, it returns Node's wrapper.
   */
  get commonJs(): AnyFunction {
    return (this.#commonJs ??= this.#compile("commonjs", ""));
  }

  /** The function of an ES module. */
  moduleFunction(kind: FunctionKind): AnyFunction {
    let found = this.#functions.get(kind);
    if (found === undefined) {
      this.#functions.set(kind, (found = this.#compile(kind, `(${kind} `)));
    }
    return found;
  }

  #compile(kind: FunctionKind | "commonjs", before: string): AnyFunction {
    const { head, edits, tail } = this.#transformed;
    const start = `${before}${head}${kind.endsWith("*") ? "yield;" : ""}`;
    const script = withoutView(() => {
      try {
        return new Script(`${start}${applyEdits(this.source, edits)}${tail}`, {
          filename: `${PROGRAM_PREFIX}${this.name}`,
          columnOffset: -start.length,
        });
      } catch (error) {
        throw this.#errorOfText(kind) ?? error;
      }
    });
    return script.runInThisContext() as AnyFunction;
  }

  /** Returns V8's error for the text of a CommonJS file as it is, if V8 finds one. */
  #errorOfText(kind: FunctionKind | "commonjs"): unknown {
    if (kind !== "commonjs") return undefined;
    try {
      const text = this.source.replace(/^#!/, "//");
      compileFunction(text, [...commonParameters], { filename: this.name });
      return undefined;
    } catch (error) {
      const stack = String((error as Error).stack);
      // Below its place and its message are the simulator's frames.
      const end = stack.search(/\n {4}at /);
      const [, line = "1", marks = ""] = /^[^\n]*:(\d+)\n[^\n]*\n( *)\^/.exec(stack) ?? [];
      const frame = `\n    at ${this.name}:${line}:${marks.length + 1}`;
      const value = (end < 0 ? stack : stack.slice(0, end)) + frame;
      return Object.defineProperty(error, "stack", { value, writable: true, configurable: true });
    }
  }

  /** Maps a position in the code that V8 runs to the user's file. All numbers count from 1. */
  originalPlace(line: number, column: number): Place {
    const key = line * COLUMNS_MAX + column;
    let place = this.#places.get(key);
    if (place === undefined) this.#places.set(key, (place = this.#mapPlace(line, column)));
    return place;
  }

  #mapPlace(line: number, column: number): Place {
    const { edits } = this.#transformed;
    const before = columnBefore(this.source, edits, line, column - 1) + 1;
    if (this.translated === undefined) return { line, column: before };
    return originalOf(this.translated.map, line, before) ?? { line, column: before };
  }
}

const known = new Map<string, SourceFile>();

/** The input for a file. */
export interface SourceText {
  readonly path: string;
  /** The part of an ES module's URL after the path. */
  readonly suffix?: string;
  readonly text: string;
  /** The format in Node; "detect" if Node determines it from the syntax. */
  readonly format: Format | "detect";
  /** Compiles the text to JavaScript, for other languages. */
  /** True for a script that is no file, as that of `node -e`. */
  readonly isScript?: boolean;
  readonly translate?: (format: Format | "detect") => Translated;
}

/** Compiles a file, unless that was done before. Throws a `SyntaxError`. */
export function sourceFile(given: SourceText): SourceFile {
  const { path, suffix = "", text, format, translate, isScript = false } = given;
  const key = `${format} ${path}${suffix}`;
  const found = known.get(key);
  if (found !== undefined && found.original === text) return found;
  const file = withoutView(() => {
    const translated = translate?.(format);
    const code = (translated?.code ?? text).replace(/^\uFEFF/, "");
    const [kind, transformed] = transform(code, format, isScript);
    const name = kind === "commonjs" ? path : urlOf(path) + suffix;
    return new SourceFile(name, kind, text, code, transformed, translated);
  });
  known.set(key, file);
  registerFile(file.name, file);
  return file;
}

function urlOf(path: string): string {
  return path.startsWith("/") ? pathToFileURL(path).href : path;
}

interface Stored {
  readonly format: Format;
  readonly head: string;
  readonly tail: string;
  readonly edits: readonly (readonly [start: number, end: number, text: string])[];
  readonly shape: (Omit<ModuleShape, "exports"> & { readonly exports: unknown }) | undefined;
}

function transform(
  code: string,
  format: Format | "detect",
  isScript: boolean,
): [Format, Transformed] {
  const stored = recall(isScript ? "script" : format, code) as Stored | undefined;
  if (stored !== undefined) return [stored.format, restore(stored)];
  const [kind, transformed] = transformNow(code, format, isScript);
  remember(isScript ? "script" : format, code, store(kind, transformed));
  return [kind, transformed];
}

function store(format: Format, { head, tail, edits, module }: Transformed): Stored {
  return {
    format,
    head,
    tail,
    edits: edits.map(({ start, end, text }) => [start, end, text] as const),
    shape: module && { ...module, exports: [...module.exports] },
  };
}

function restore({ head, tail, edits, shape }: Stored): Transformed {
  return {
    head,
    tail,
    edits: edits.map(([start, end, text]): Edit => ({ start, end, text })),
    module: shape && { ...shape, exports: new Map(shape.exports as []) },
  };
}

function transformNow(
  code: string,
  format: Format | "detect",
  isScript: boolean,
): [Format, Transformed] {
  if (format === "module") return ["module", transformModule(code)];
  try {
    return ["commonjs", transformCommonJs(code, isScript)];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (format === "detect" && looksLikeModule(code)) {
      try {
        return ["module", transformModule(code)];
      } catch {
        // Neither: V8 reports its error as CommonJS.
      }
    }
    return ["commonjs", wrapCommonJs(code, isScript)];
  }
}
