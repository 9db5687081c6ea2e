/** The files of programs by the names that V8 has for them: whoever reads stacks looks here. */

/** Before their own names, V8 knows the files of programs by this. */
export const PROGRAM_PREFIX = "lightcone:";

/** A file that V8 runs, which knows where its places come from. */
export interface PlacedFile {
  /** Where a place of what V8 runs is in the user's file. All numbers count from 1. */
  originalPlace(line: number, column: number): { line: number; column: number };
}

const files = new Map<string, PlacedFile>();

/** Remembers a file by the name that stack traces show: its path, or its URL. */
export function registerFile(name: string, file: PlacedFile): void {
  files.set(name, file);
}

/** The file that V8 knows by this name, without the prefix. */
export function placedFile(name: string): PlacedFile | undefined {
  return files.get(name);
}
