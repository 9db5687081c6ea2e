/** Stack traces name the user's file and line, not the bundle's. */
import { SourceMap, type SourceMapPayload } from "node:module";
import { resolve } from "node:path";

interface Registered {
  readonly json: string;
  readonly directory: string;
  map?: SourceMap;
  /** Places that were looked up before: programs that throw, throw in the same places again. */
  readonly known: Map<string, SourcePlace | undefined>;
}

const maps = new Map<string, Registered>();

/** Remembers the map of a compiled program; it is parsed when a stack first needs it. */
export function registerSourceMap(filename: string, json: string, directory: string): void {
  if (!maps.has(filename)) maps.set(filename, { json, directory, known: new Map() });
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
  const key = `${line}:${column}`;
  if (registered.known.has(key)) return registered.known.get(key);
  registered.map ??= new SourceMap(JSON.parse(registered.json) as SourceMapPayload);
  const found = registered.map.findEntry(line - 1, column - 1) as {
    originalSource?: string;
    originalLine?: number;
    originalColumn?: number;
  };
  const { originalSource, originalLine, originalColumn = 0 } = found;
  const place =
    originalSource === undefined || originalLine === undefined
      ? undefined
      : {
          file: resolve(registered.directory, originalSource),
          line: originalLine + 1,
          column: originalColumn + 1,
        };
  registered.known.set(key, place);
  return place;
}

/** A place in a program that was given as text: it stands below one line of ours. */
function sourceTextPlace(filename: string, line: number, column: unknown): string {
  const name = filename.replace(/^lightcone-program:[0-9a-f]+:/, "");
  return line > 1 && name.startsWith("[")
    ? `${name}:${line - 1}:${String(column)}`
    : `${filename}:${line}:${String(column)}`;
}

/** A stack trace with the places of bundles replaced by those of the user's files. */
export function mapStack(stack: string): string {
  return stack.replace(
    /(lightcone-program:[0-9a-f]+:[^\n]*?):(\d+):(\d+)/g,
    (all, filename, line, column) => {
      if (!maps.has(String(filename)))
        return sourceTextPlace(String(filename), Number(line), column);
      const place = originalPlace(String(filename), Number(line), Number(column));
      return place ? `${place.file}:${place.line}:${place.column}` : String(all);
    },
  );
}
