/**
 * Prepares a program: finds its project, and reads ahead the program's own files that it imports,
 * so that TypeScript is compiled before a run begins, and errors are reported with file and line.
 * Everything else is loaded file by file when the program requests it.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LightconeError } from "../../base/errors.ts";
import { isBuiltin } from "../public-modules.ts";
import { formatOf, sourceTextOf } from "./file-format.ts";
import { ModuleFinder } from "./module-finder.ts";
import type { FileLookup } from "./package-entry.ts";
import {
  forgetProject,
  packageFolder,
  projectRoot,
  type ProvidedFolder,
  providedFolders,
  withoutLinks,
} from "./project.ts";
import { type SourceFile, sourceFile } from "./source/source-file.ts";
import { openStore } from "./source/store.ts";
import { isTypeScript, prepareTypeScript, settingsOf } from "./source/typescript.ts";

/** Options of `compileProgram`. */
export interface CompileOptions {
  /** The entry: an absolute path. */
  readonly entry: string;
  /**
   * Whether the modules that the entry imports are evaluated once for all processes, as those of a
   * block are (`modules/shared-modules.ts`).
   */
  readonly sharesModules?: boolean;
}

/** The arguments of a function that is a program. */
export interface ProgramScope {
  readonly global: object;
  readonly require: (id: string) => unknown;
}

/** A program that can be started any number of times. */
export interface CompiledProgram {
  readonly entry: string;
  /** The nearest folder with a package.json. The program is started there by default. */
  readonly home?: string;
  /** The real folders that are visible on its host's disk. */
  readonly folders?: readonly ProvidedFolder[];
  /** Whether the modules that the entry imports are evaluated once for all processes. */
  readonly sharesModules?: boolean;
  /** The program, if it is not a file. Settles when its top level has finished. */
  readonly evaluate?: (scope: ProgramScope) => Promise<void>;
}

/**
 * Prepares the program at `entry`. Throws `LC_COMPILE`, with file and line, if it cannot be read.
 */
export async function compileProgram({
  entry,
  sharesModules = false,
}: CompileOptions): Promise<CompiledProgram> {
  if (!statSync(entry, { throwIfNoEntry: false })?.isFile()) {
    throw new LightconeError(
      "LC_COMPILE",
      `cannot find ${entry}`,
      "Check the path of the program.",
    );
  }
  forgetProject(entry);
  openStore(projectRoot(dirname(withoutLinks(entry))));
  await readAhead(withoutLinks(entry));
  return { entry, home: packageFolder(entry), folders: providedFolders(entry), sharesModules };
}

/** The real machine's files. */
const realFiles: FileLookup = {
  kind(path) {
    const status = statSync(path, { throwIfNoEntry: false });
    return status === undefined ? -1 : status.isDirectory() ? 1 : 0;
  },
  read: (path) => readFileSync(path, "utf8"),
};

const EXTENSIONS = { ".js": true, ".json": true, ".node": true };

const finder = new ModuleFinder({
  files: realFiles,
  codes: {},
  realPath: withoutLinks,
  extensions: EXTENSIONS,
});

/** Reads a program's own files ahead, as far as they can be determined statically. */
async function readAhead(entry: string): Promise<void> {
  const seen = new Set([entry]);
  let files = [{ path: entry, mayFail: false }];
  while (files.length > 0) {
    const found = await Promise.all(files.map((file) => requestsOf(file)));
    const next = new Map<string, boolean>();
    found.forEach((requests, at) => {
      for (const { request, mayFail } of requests) {
        const path = ownFile(request, files[at]?.path as string);
        if (path === undefined || seen.has(path)) continue;
        next.set(path, mayFail && next.get(path) !== false);
      }
    });
    for (const path of next.keys()) seen.add(path);
    files = [...next].map(([path, mayFail]) => ({ path, mayFail }));
  }
}

/** A file's request. If it `mayFail`, its program may be prepared for errors in the file. */
interface Request {
  readonly request: string;
  readonly mayFail: boolean;
}

async function requestsOf({
  path,
  mayFail,
}: {
  readonly path: string;
  readonly mayFail: boolean;
}): Promise<readonly Request[]> {
  const format = formatOf(realFiles, path);
  if (format !== "module" && format !== "commonjs" && format !== "detect") return [];
  const text = realFiles.read(path);
  if (isTypeScript(path)) {
    await prepareTypeScript(path, text, format, settingsOf(realFiles, path));
  }
  let file: SourceFile;
  try {
    file = sourceFile(sourceTextOf(realFiles, path, text, format));
    if (file.format === "commonjs") void file.commonJs;
  } catch (error) {
    if (mayFail) return [];
    throw compileError(error, path);
  }
  const isPrepared = /\b(?:try|catch)\b/.test(file.source);
  const requests = [...file.source.matchAll(CALLS)].map((match): Request => ({
    request: match[2] as string,
    mayFail: isPrepared,
  }));
  // A file that is forked or run in a thread is named by its path.
  for (const [, , name] of file.source.matchAll(PATHS)) {
    const request = /^\.{0,2}\//.test(name as string) ? (name as string) : `./${name}`;
    requests.push({ request, mayFail: isPrepared });
  }
  if (file.format === "module") {
    for (const { specifier } of file.shape.requests) {
      requests.push({ request: specifier, mayFail });
    }
  }
  return requests;
}

/** `require("...")` and `import("...")`. */
const CALLS = /\b(?:require|import)\s*\(\s*(["'])([^"'\n]+)\1/g;

/** Text that may be the path of a file that is not plain JavaScript. */
const PATHS = /(["'`])([\w@./-]+\.(?:[cm]?ts|[jt]sx))\1/g;

/** Returns the program's own file that a request resolves to. */
function ownFile(request: string, from: string): string | undefined {
  if (isBuiltin(request)) return undefined;
  try {
    const path = request.startsWith("file:") ? fileURLToPath(request) : request;
    const found = isTypeScript(from)
      ? finder.findSource(path, from)
      : /^\.{0,2}\//.test(path)
        ? finder.find(path, join(from, ".."), [], undefined)
        : undefined;
    if (found === undefined || /[\\/]node_modules[\\/]/.test(found)) return undefined;
    return extname(found) === ".json" ? undefined : found;
  } catch {
    return undefined;
  }
}

function compileError(error: unknown, path: string): LightconeError {
  if (error instanceof LightconeError) return error;
  if (!(error instanceof SyntaxError)) throw error;
  const { loc } = error as SyntaxError & { loc?: { line: number; column: number } };
  const message = error.message.replace(/ \(\d+:\d+\)$/, "");
  const line = loc?.line ?? /:(\d+)\n/.exec(error.stack ?? "")?.[1];
  const column = loc === undefined ? columnOf(error.stack) : loc.column + 1;
  return new LightconeError("LC_COMPILE", `${path}:${line ?? 1}:${column}: ${message}`);
}

/** V8 marks the column below the line. */
function columnOf(stack = ""): number {
  const marks = /\n( *)\^/.exec(stack);
  return marks === null ? 1 : (marks[1] as string).length + 1;
}
