/** Makes functions of CommonJS files: compiled once for all processes, and bound to the scope of one. */
import { pathToFileURL } from "node:url";
import { withoutView } from "../views/view.ts";
import type { CommonJsLoader } from "./commonjs.ts";
import { formatOf, sourceTextOf } from "./file-format.ts";
import type { FileRecord } from "./file-record.ts";
import type { MakeWrapper, Wrapper } from "./module-types.ts";
import { realCaches } from "./resolution-cache.ts";
import { type ProgramScope, withScope } from "./scope.ts";
import { type Format, type SourceFile, sourceFile } from "./source/source-file.ts";
import { moduleSyntaxError } from "./source/syntax-error.ts";
import { isTypeScript } from "./source/typescript.ts";

/** Compiles the CommonJS files of one process. */
export class CommonJsCompiler {
  readonly #loader: CommonJsLoader;
  /** What the functions of the process's files are called with. */
  readonly #scope: ProgramScope;

  constructor(loader: CommonJsLoader, scope: ProgramScope) {
    this.#loader = loader;
    this.#scope = scope;
  }

  /** The same as {@link compile} for what may be a real file that is known. */
  compiled(
    file: FileRecord | undefined,
    path: string,
    text: string,
    format: Format | undefined,
  ): SourceFile {
    // What a file is depends on its package as well.
    if (file === undefined || format !== undefined || !this.#loader.files.isPristine) {
      return this.compile(path, text, format);
    }
    const { compiled } = file;
    if (compiled !== undefined && compiled.original === text) return compiled;
    return (file.compiled = this.compile(path, text));
  }

  /**
   * Compiles the file at `path`, whose text is `text`. The result for a real file is shared by all
   * processes.
   */
  compile(path: string, text: string, format?: Format): SourceFile {
    const sources = this.#loader.files.isPristine ? realCaches().sources : undefined;
    const known = sources?.get(path);
    if (known !== undefined && known.original === text) return known;
    return this.#compileNow(path, text, format, sources);
  }

  #compileNow(
    path: string,
    text: string,
    format: Format | undefined,
    sources: Map<string, SourceFile> | undefined,
  ): SourceFile {
    // A program that compiles TypeScript itself passes on JavaScript.
    const isCompiled = isTypeScript(path) && !this.#isTextOf(path, text);
    const kind = format ?? (isCompiled ? "detect" : this.#formatOf(path));
    const file = withoutView(() => {
      try {
        if (isCompiled) return sourceFile({ path, text, format: kind });
        return sourceFile(sourceTextOf(this.#loader.files, path, text, kind));
      } catch (error) {
        throw moduleSyntaxError(error, pathToFileURL(path).href, text);
      }
    });
    if (format === undefined) sources?.set(path, file);
    return file;
  }

  /** Returns whether `text` is what the file at `path` holds. */
  #isTextOf(path: string, text: string): boolean {
    try {
      return this.#loader.files.source(path) === text;
    } catch {
      return false;
    }
  }

  #formatOf(filename: string): Format | "detect" {
    const format = formatOf(this.#loader.files, filename);
    return format === "module" || format === "commonjs" ? format : "detect";
  }

  /** Returns the function that a program's own `Module.wrap` puts around a file. */
  patchedWrapper(filename: string, source: string): Wrapper {
    const text = `return ${this.#loader.wrapper.wrap(source)}`;
    const file = withoutView(() => sourceFile({ path: filename, text, format: "commonjs" }));
    return (this.bind(file, filename) as unknown as () => Wrapper)();
  }

  /** Returns a file's function in this process. `from` is the path that its imports are resolved from. */
  bind(file: SourceFile, from: string): Wrapper {
    const dynamicImport = (specifier: unknown, options?: unknown): Promise<object> =>
      this.#loader.esm.import(specifier, from, options);
    return withScope(file.commonJs as MakeWrapper, this.#scope, dynamicImport);
  }
}
