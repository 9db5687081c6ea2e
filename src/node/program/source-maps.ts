/** Maps stack traces from the code that V8 runs to the user's files and lines. */
import { fileURLToPath } from "node:url";
import { placedFile, PROGRAM_PREFIX } from "./source/registry.ts";

/** A place in a source file. Lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Returns the origin of a position in the code that V8 runs, or `undefined` if it is not in a
 * program's file.
 */
export function originalPlace(
  filename: string,
  line: number,
  column: number,
): SourcePlace | undefined {
  if (!filename.startsWith(PROGRAM_PREFIX)) return undefined;
  const name = filename.slice(PROGRAM_PREFIX.length);
  const place = placedFile(name)?.originalPlace(line, column) ?? { line, column };
  return { file: pathOf(name), ...place };
}

/** Returns the path of a file that V8 knows by its URL. */
export function pathOf(name: string): string {
  return name.startsWith("file:") ? fileURLToPath(name) : name;
}

const PLACES = /lightcone:((?:file:\/\/|data:|\/|\[)[^\n]*?):(\d+):(\d+)(?!\d|:\d)/g;
const NAMES = /lightcone:(?=file:\/\/|data:|\/|\[)/g;

/** Returns a stack trace with positions in the user's files. */
export function mapStack(stack: string): string {
  if (!stack.includes(PROGRAM_PREFIX)) return stack;
  return stack
    .replace(PLACES, (_all, name: string, line: string, column: string) => {
      const place = placedFile(name)?.originalPlace(Number(line), Number(column));
      return place ? `${name}:${place.line}:${place.column}` : `${name}:${line}:${column}`;
    })
    .replace(NAMES, "");
}
