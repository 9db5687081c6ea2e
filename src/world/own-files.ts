/** The source files that belong to a program itself: its entry, and what it imports by relative paths. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The maximum number of files. */
const FILES_MAX = 500;
const EXTENSIONS = ["", ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];
const INDEXES = ["/index.ts", "/index.js", "/index.mjs"];
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.[^"'\n]*)["']/g;

/** One file, with its absolute path. */
export interface OwnFile {
  readonly path: string;
  readonly text: string;
}

/** The files of the programs with these entries, in order of discovery. Unreadable files are skipped. */
export function ownFiles(entries: readonly string[]): OwnFile[] {
  const files: OwnFile[] = [];
  const seen = new Set(entries);
  for (const path of seen) {
    const text = readText(path);
    if (text === undefined) continue;
    files.push({ path, text });
    for (const [, specifier = ""] of text.matchAll(IMPORT)) {
      const file = seen.size < FILES_MAX ? resolveFile(dirname(path), specifier) : undefined;
      if (file !== undefined) seen.add(file);
    }
  }
  return files;
}

/** Of some names, those that occur as words in the files of the programs with these entries. */
export function namesIn(entries: readonly string[], names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const words = new Set(ownFiles(entries).flatMap(({ text }) => text.match(/[\w$]+/g) ?? []));
  return names.filter((name) => words.has(name));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function resolveFile(directory: string, specifier: string): string | undefined {
  const path = resolve(directory, specifier);
  // TypeScript imports may name the compiled file.
  const bases = [path, path.replace(/\.([cm]?)js$/, ".$1ts")];
  const candidates = bases.flatMap((base) => [...EXTENSIONS, ...INDEXES].map((end) => base + end));
  return candidates.find((file) => existsSync(file) && statSync(file).isFile());
}
