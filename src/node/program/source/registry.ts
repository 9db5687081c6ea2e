/** The files of programs by their names in V8. Code that reads stacks looks them up here. */

/** The prefix of programs' file names in V8. */
export const PROGRAM_PREFIX = "lightcone:";

/** A file that V8 runs and whose positions can be mapped to their origin. */
export interface PlacedFile {
  /** The user's file. */
  readonly original: string;
  /** Maps a position in the code that V8 runs to the user's file. All numbers count from 1. */
  originalPlace(line: number, column: number): { line: number; column: number };
}

const files = new Map<string, PlacedFile>();

/** Registers a file by the name that stack traces show: its path, or its URL. */
export function registerFile(name: string, file: PlacedFile): void {
  files.set(name, file);
}

/** Returns the file that V8 knows by this name, given without the prefix. */
export function placedFile(name: string): PlacedFile | undefined {
  return files.get(name);
}
