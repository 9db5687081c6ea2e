/**
 * What all processes know of a real file that they load as CommonJS. Every process asks the same of
 * every file, so it is one object, which a module and the requests that lead to it point at: looking
 * each thing up by path, in tables that hold thousands of files, costs several cache misses a time
 * and was half of what the loader costs.
 */
import { type Digest, realDigest, realGeneration, realTarget, realText } from "../real-tree.ts";
import { indexOfPath } from "./code-digest.ts";
import { modulePathsOf } from "./module-finder.ts";
import { factsOf, type PathFacts } from "./path-facts.ts";
import { realCaches, requestsFrom } from "./resolution-cache.ts";
import type { SourceFile } from "./source/source-file.ts";

/** A real file. */
export class FileRecord {
  readonly path: string;
  readonly facts: PathFacts;
  /** What requests of files in its folder resolve to. */
  readonly requests: Map<string, FileRecord>;
  /** The folders in which its requests for packages look. */
  readonly modulePaths: readonly string[];
  /** The number of its path in the digest of code. */
  readonly index: number;
  /** What this is based on: see {@link realGeneration}. */
  readonly generation: number = realGeneration();
  /** The file as CommonJS or as an ES module, once it has been compiled. */
  compiled: SourceFile | undefined;
  /** The folder through which it was on the disk that was looked at last. */
  folder: string | undefined;
  #text: string | undefined;
  #digest: Digest | undefined;

  constructor(path: string) {
    this.path = path;
    this.facts = factsOf(path);
    const { directory, isTypeScript } = this.facts;
    this.requests = requestsFrom(directory, isTypeScript);
    this.modulePaths = modulePathsOf(directory);
    this.index = indexOfPath(path);
  }

  /** Its text, or `undefined` if it is no file. */
  get text(): string | undefined {
    if (this.#text === undefined && realTarget(this.path) === 0) this.#text = realText(this.path);
    return this.#text;
  }

  /** The digest of its name and bytes. */
  get digest(): Digest {
    return (this.#digest ??= realDigest(this.path));
  }
}

/** Returns the record of the real file at `path`. */
export function fileRecord(path: string): FileRecord {
  const { records } = realCaches();
  let record = records.get(path);
  if (record === undefined) records.set(path, (record = new FileRecord(path)));
  return record;
}
