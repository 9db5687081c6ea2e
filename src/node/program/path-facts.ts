/**
 * What can be told of a file by its path alone. Every process asks it for every file that it loads,
 * so it is computed once. The strings are the same objects in all processes: V8 keeps the hash of
 * a string with it, and compares equal pointers first.
 */
import { posix } from "node:path";
import { isTypeScript } from "./source/typescript.ts";

/** What a path tells. */
export interface PathFacts {
  /** The path of its folder. */
  readonly directory: string;
  /** The extensions of its name, longest first: `.test.js` and `.js`. */
  readonly extensions: readonly string[];
  readonly isTypeScript: boolean;
}

/** Programs may load files with new names in every run. */
const PATHS_MAX = 50_000;
const known = new Map<string, PathFacts>();

/** Returns what `path` tells. */
export function factsOf(path: string): PathFacts {
  let facts = known.get(path);
  if (facts === undefined) {
    facts = read(path);
    if (known.size >= PATHS_MAX) known.clear();
    known.set(path, facts);
  }
  return facts;
}

function read(path: string): PathFacts {
  const name = posix.basename(path);
  const extensions: string[] = [];
  // A name that begins with a dot has no extension there.
  for (let at = name.indexOf(".", 1); at >= 0; at = name.indexOf(".", at + 1)) {
    extensions.push(name.slice(at));
  }
  return { directory: posix.dirname(path), extensions, isTypeScript: isTypeScript(path) };
}
