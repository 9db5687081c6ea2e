/** Parses the first line of a script or library: `#!lua name=mylib flags=no-writes`. */
import { err } from "../errors.ts";

/** Flags that a script can declare in its first line. */
export const scriptFlags: ReadonlySet<string> = new Set([
  "no-writes",
  "allow-oom",
  "allow-stale",
  "no-cluster",
  "allow-cross-slot-keys",
]);

/** Returns the words of a first line such as `#!lua name=mylib flags=no-writes`, quoted or not. */
export function parseShebang(source: string): { engine: string; options: [string, string][] } {
  const line = source.slice(2, source.indexOf("\n") < 0 ? undefined : source.indexOf("\n"));
  const engine = /^\S*/.exec(line)?.[0] ?? "";
  const words = splitWords(line.slice(engine.length));
  if (words === undefined) throw err("Invalid library metadata");
  return {
    engine,
    options: words.map((word) => {
      const at = word.indexOf("=");
      return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
    }),
  };
}

/**
 * Splits a line into words as Redis does: at blanks, except within quotes. Returns undefined if a
 * quote is not closed.
 */
function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  const word =
    /\s*(?:"((?:[^"\\]|\\.)*)"(?!\S)|'((?:[^'\\]|\\.)*)'(?!\S)|((?:[^\s"']|["'][^"']*["'])+))/y;
  while (/\S/.test(line.slice(word.lastIndex))) {
    const match = word.exec(line);
    if (!match) return undefined;
    const [, double, single, bare = ""] = match;
    if (double !== undefined) words.push(double.replace(/\\(.)/g, "$1"));
    else words.push(single?.replace(/\\'/g, "'") ?? bare.replace(/["']([^"']*)["']/g, "$1"));
  }
  return words;
}

/**
 * Returns the source without that line. Its line break stays, so that line numbers in messages are
 * correct.
 */
export function withoutShebang(source: string): string {
  return source.startsWith("#!") ? source.slice(source.indexOf("\n")) : source;
}
