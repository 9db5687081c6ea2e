/**
 * Resolution results for real files, shared by all processes: as long as no name on a disk of real
 * folders has changed, the same request from the same place resolves to the same file.
 */
import { realGeneration } from "../real-tree.ts";
import type { FileRecord } from "./file-record.ts";
import type { Manifest } from "./package-entry.ts";
import type { SourceFile } from "./source/source-file.ts";

/** Found files by the requesting folder, and by request. */
export type Resolutions = Map<string, Map<string, string>>;

interface Caches {
  readonly manifests: Map<string, Manifest | undefined>;
  /** The nearest folder with a package.json, by folder. */
  readonly scopes: Map<string, string | undefined>;
  /** What `require` finds from a folder, by folder and by request. */
  readonly required: Map<string, Map<string, FileRecord>>;
  /** Real files that are loaded as CommonJS, by path. */
  readonly records: Map<string, FileRecord>;
  readonly imported: Resolutions;
  /** Compiled files, by path. */
  readonly sources: Map<string, SourceFile>;
  /** The names that CommonJS files export to ES modules, by path. */
  readonly exportNames: Map<string, ReadonlySet<string>>;
}

let generation = -1;
let caches: Caches | undefined;

/** Returns the caches. They are emptied whenever real files are read again. */
export function realCaches(): Caches {
  if (caches === undefined || generation !== realGeneration()) {
    generation = realGeneration();
    caches = {
      manifests: new Map(),
      scopes: new Map(),
      required: new Map(),
      records: new Map(),
      imported: new Map(),
      sources: new Map(),
      exportNames: new Map(),
    };
  }
  return caches;
}

/**
 * Returns what `require` has found from `directory`, by request. TypeScript files find files that others
 * do not.
 */
export function requestsFrom(directory: string, isTypeScript: boolean): Map<string, FileRecord> {
  const { required } = realCaches();
  const key = isTypeScript ? `ts ${directory}` : directory;
  let requests = required.get(key);
  if (requests === undefined) required.set(key, (requests = new Map()));
  return requests;
}

/** Returns the cached result for `request` in `directory`. */
export function findResolution(
  resolutions: Resolutions,
  directory: string,
  request: string,
): string | undefined {
  return resolutions.get(directory)?.get(request);
}

/** Caches the result for `request` in `directory`. */
export function keepResolution(
  resolutions: Resolutions,
  directory: string,
  request: string,
  found: string,
): void {
  let requests = resolutions.get(directory);
  if (requests === undefined) resolutions.set(directory, (requests = new Map()));
  requests.set(request, found);
}
