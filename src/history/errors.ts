/** The only error of this folder: a file that cannot be read, with the position. */
import { LightconeError } from "../base/errors.ts";

/** A file that cannot be read. The message is `FILE:LINE:COLUMN: what is wrong`, the code `LC_BAD_HISTORY`. */
export class HistoryError extends LightconeError {
  /** Line number, from 1. */
  readonly line: number;
  /** Column number, from 1, in bytes. */
  readonly column: number;

  constructor(name: string, line: number, column: number, message: string, hint?: string) {
    super("LC_BAD_HISTORY", `${name}:${line}:${column}: ${message}`, hint);
    this.name = "HistoryError";
    this.line = line;
    this.column = column;
  }
}
