/** What an exporter is: one file in this folder that writes a trace in the format of another tool. */
import type { Trace } from "../trace.ts";

/** Writes traces in one format. */
export interface Exporter {
  /** What opens the result, for `lightcone export --help`. */
  readonly opens: string;
  /** The usual ending of its files, with the dot. */
  readonly ending: string;
  /** Pure: the same trace gives the same bytes. */
  write(trace: Trace): Uint8Array;
}

/** Encodes text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
