/**
 * Finds the assertions in the source text of programs, so that those that no run reaches can be reported.
 * Assertions with names computed at run time are not found, nor are those called under other function
 * names.
 */
import { relative } from "node:path";
import type { WrittenAssertion } from "./coverage.ts";
import { ownFiles } from "./own-files.ts";

/** The assertions of programs and of the files they import by relative paths. Unreadable files are skipped. */
export function writtenAssertions(entries: readonly string[]): WrittenAssertion[] {
  const found = new Map<string, WrittenAssertion>();
  for (const { path, text } of ownFiles(entries)) {
    for (const { kind, name, line } of assertionsIn(text)) {
      const key = `${kind} ${name}`;
      if (!found.has(key)) {
        found.set(key, { kind, name, place: `${relative(process.cwd(), path)}:${line}` });
      }
    }
  }
  return [...found.values()];
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
