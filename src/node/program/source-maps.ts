/** Stack traces name the user's file and line, not the bundle's. */
import { SourceMap, type SourceMapPayload } from "node:module";
import { resolve } from "node:path";

interface Registered {
  readonly json: string;
  readonly directory: string;
  map?: SourceMap;
}

const maps = new Map<string, Registered>();

/** Remembers the map of a compiled program; it is parsed when a stack first needs it. */
export function registerSourceMap(filename: string, json: string, directory: string): void {
  maps.set(filename, { json, directory });
}

/** A place in a source file. Lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a place in a bundle comes from. Lines and columns count from 1. */
export function originalPlace(
  filename: string,
  line: number,
  column: number,
): SourcePlace | undefined {
  const registered = maps.get(filename);
  if (!registered) return undefined;
  registered.map ??= new SourceMap(JSON.parse(registered.json) as SourceMapPayload);
  const found = registered.map.findEntry(line - 1, column - 1) as {
    originalSource?: string;
    originalLine?: number;
    originalColumn?: number;
  };
  if (found.originalSource === undefined || found.originalLine === undefined) return undefined;
  return {
    file: resolve(registered.directory, found.originalSource),
    line: found.originalLine + 1,
    column: (found.originalColumn ?? 0) + 1,
  };
}

/** A stack trace with the places of bundles replaced by those of the user's files. */
export function mapStack(stack: string): string {
  return stack.replace(
    /(lightcone-program:\d+:[^\n]*?):(\d+):(\d+)/g,
    (all, filename, line, column) => {
      const place = originalPlace(String(filename), Number(line), Number(column));
      return place ? `${place.file}:${place.line}:${place.column}` : String(all);
    },
  );
}
