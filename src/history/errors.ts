/** The one error of this folder: a file that cannot be read, and where. */
import { LightconeError } from "../base/errors.ts";

/**
 * A file that cannot be read: one message, `FILE:LINE:COLUMN: what is wrong`, code `LC_BAD_HISTORY`.
 */
export class HistoryError extends LightconeError {
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes. */
  readonly column: number;

  constructor(name: string, line: number, column: number, message: string, hint?: string) {
    super("LC_BAD_HISTORY", `${name}:${line}:${column}: ${message}`, hint);
    this.name = "HistoryError";
    this.line = line;
    this.column = column;
  }
}
