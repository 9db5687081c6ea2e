/** Finds the names that a CommonJS file exports to ES modules, by parsing it as Node does. */
import { posix } from "node:path";
import { parse } from "cjs-module-lexer";
import { withoutView } from "../../views/view.ts";
import type { CommonJsLoader } from "../commonjs.ts";
import { formatOf, sourceTextOf } from "../file-format.ts";
import { realCaches } from "../resolution-cache.ts";
import { isTypeScript } from "../source/typescript.ts";
import { sourceFile } from "../source/source-file.ts";

const NONE: ReadonlySet<string> = new Set();

/** Returns the names that the file at `path` exports. */
export function exportNamesOf(loader: CommonJsLoader, path: string): ReadonlySet<string> {
  const { files } = loader;
  const names =
    files.isPristine && files.origin(path) !== undefined ? realCaches().exportNames : undefined;
  const known = names?.get(path);
  if (known !== undefined) return known;
  const found = withoutView(() => collect(loader, path, new Map()));
  names?.set(path, found);
  return found;
}

/** Returns the names that a CommonJS file with this path and text exports. */
export function exportNamesIn(
  loader: CommonJsLoader,
  path: string,
  text: string,
): ReadonlySet<string> {
  return withoutView(() => collect(loader, path, new Map(), text));
}

function collect(
  loader: CommonJsLoader,
  path: string,
  visited: Map<string, Set<string>>,
  text?: string,
): Set<string> {
  const before = visited.get(path);
  if (before !== undefined) return before;
  const names = new Set<string>();
  visited.set(path, names);
  const lexed = text === undefined ? lex(loader, path) : lexText(text);
  if (lexed === undefined) return names;
  for (const name of lexed.exports) names.add(name);
  for (const request of lexed.reexports) {
    let target: string;
    try {
      target = loader.createRequire(path).resolve(request);
    } catch {
      continue;
    }
    const end = posix.extname(target);
    if (!posix.isAbsolute(target) || end === ".json" || end === ".node" || end === ".mjs") continue;
    for (const name of collect(loader, target, visited)) names.add(name);
  }
  return names;
}

function lexText(text: string): ReturnType<typeof lex> {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function lex(
  { files }: CommonJsLoader,
  path: string,
): { readonly exports: Iterable<string>; readonly reexports: Iterable<string> } | undefined {
  try {
    // A file that is only parsed for its names does not count as code of the run.
    const text = files.read(path);
    if (!isTypeScript(path)) return parse(text);
    const format = formatOf(files, path);
    if (format !== "commonjs" && format !== "detect") return { exports: NONE, reexports: NONE };
    return parse(sourceFile(sourceTextOf(files, path, text, format)).source);
  } catch {
    return undefined;
  }
}
