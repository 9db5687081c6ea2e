/**
 * Finds the assertions in the source text of programs, so that those that no run reaches can be reported.
 * Assertions with names computed at run time are not found, nor are those called under other function
 * names.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import type { WrittenAssertion } from "./coverage.ts";

/** The maximum number of files searched. */
const FILES_MAX = 500;
const EXTENSIONS = ["", ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];
const INDEXES = ["/index.ts", "/index.js", "/index.mjs"];
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.[^"'\n]*)["']/g;

/** The assertions of programs and of the files they import by relative paths. Unreadable files are skipped. */
export function writtenAssertions(entries: readonly string[]): WrittenAssertion[] {
  const found = new Map<string, WrittenAssertion>();
  const seen = new Set(entries);
  for (const path of seen) {
    const text = readText(path);
    if (text === undefined) continue;
    for (const { kind, name, line } of assertionsIn(text)) {
      const key = `${kind} ${name}`;
      if (!found.has(key)) {
        found.set(key, { kind, name, place: `${relative(process.cwd(), path)}:${line}` });
      }
    }
    for (const [, specifier = ""] of text.matchAll(IMPORT)) {
      const file = seen.size < FILES_MAX ? resolveFile(dirname(path), specifier) : undefined;
      if (file !== undefined) seen.add(file);
    }
  }
  return [...found.values()];
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

/** Matches the tokens that matter: comments, strings, and calls of assertions with a literal name. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\b(always|sometimes|eventually)\s*\(\s*(?:"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|`((?:\\.|[^`\\$])*)`)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\$])*`/g;

/** The assertions in one text, with their lines. */
export function assertionsIn(
  text: string,
): { readonly kind: string; readonly name: string; readonly line: number }[] {
  const out: { kind: string; name: string; line: number }[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [, kind, double, single, template] = match;
    const quoted = double ?? single ?? template;
    if (kind === undefined || quoted === undefined || quoted === "") continue;
    const line = text.slice(0, match.index).split("\n").length;
    out.push({ kind, name: unescape(quoted), line });
  }
  return out;
}

/** The text that the content of a string literal represents. */
function unescape(quoted: string): string {
  return quoted.replace(
    /\\(u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2})|[\s\S])/gi,
    (_, one: string, ...codes: (string | undefined)[]) => {
      const code = codes.slice(0, 3).find((digits) => digits !== undefined);
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return { n: "\n", t: "\t", r: "\r", "\n": "" }[one] ?? one;
    },
  );
}
