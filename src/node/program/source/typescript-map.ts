/** Positions in TypeScript files, from the source maps of the compiled JavaScript. */
import { SourceMap, type SourceMapPayload } from "node:module";

const maps = new Map<string, SourceMap>();

/** Maps a position in the JavaScript to its source. All numbers count from 1. */
export function originalOf(
  json: string,
  line: number,
  column: number,
): { line: number; column: number } | undefined {
  let map = maps.get(json);
  if (map === undefined) {
    map = new SourceMap(JSON.parse(json) as SourceMapPayload);
    maps.set(json, map);
  }
  const { originalLine, originalColumn = 0 } = map.findEntry(line - 1, column - 1) as {
    originalLine?: number;
    originalColumn?: number;
  };
  if (originalLine === undefined) return undefined;
  return { line: originalLine + 1, column: originalColumn + 1 };
}
