/**
 * What resolvers found on real files, for all processes: as long as nobody has changed a name on a disk of
 * real folders, the same request from the same place means the same file.
 */
import { realGeneration } from "../real-tree.ts";
import type { Manifest } from "./package-entry.ts";
import type { SourceFile } from "./source/source-file.ts";

/** Found files by the folder that asks, and by request. */
export type Resolutions = Map<string, Map<string, string>>;

interface Caches {
  readonly manifests: Map<string, Manifest | undefined>;
  /** The nearest folder with a package.json, by folder. */
  readonly scopes: Map<string, string | undefined>;
  readonly required: Resolutions;
  readonly imported: Resolutions;
  /** Files as they are compiled, by path. */
  readonly sources: Map<string, SourceFile>;
  /** Names that CommonJS files show to ES modules, by path. */
  readonly exportNames: Map<string, ReadonlySet<string>>;
}

let generation = -1;
let caches: Caches | undefined;

/** The caches, empty again whenever real files are read anew. */
export function realCaches(): Caches {
  if (caches === undefined || generation !== realGeneration()) {
    generation = realGeneration();
    caches = {
      manifests: new Map(),
      scopes: new Map(),
      required: new Map(),
      imported: new Map(),
      sources: new Map(),
      exportNames: new Map(),
    };
  }
  return caches;
}

/** What `request` was found to mean in `directory`. */
export function findResolution(
  resolutions: Resolutions,
  directory: string,
  request: string,
): string | undefined {
  return resolutions.get(directory)?.get(request);
}

/** Remembers what `request` means in `directory`. */
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
