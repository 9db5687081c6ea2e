/**
 * Edits of a source text that keep its lines in place, and the reverse mapping: stack traces show
 * positions in the original text.
 */

/** Replaces the text from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text with edits, none of which adds or removes a line. */
export class EditedText {
  readonly #source: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /**
   * Replaces a range. Ranges do not overlap. Insertions at one position keep the order of the
   * calls.
   */
  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  /** Inserts text before `at`. */
  insert(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text });
  }

  /** Replaces a range with spaces, but keeps its line ends. */
  blank(start: number, end: number): void {
    this.replace(start, end, this.#source.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, " "));
  }

  /** Returns all edits, ordered by position. */
  finish(): readonly Edit[] {
    return this.#edits.sort((a, b) => a.start - b.start || a.end - b.end);
  }
}

/** Applies edits, which are ordered by position, to a text. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text } of edits) {
    parts.push(source.slice(at, start), text);
    at = end;
  }
  parts.push(source.slice(at));
  return parts.join("");
}

/**
 * Returns the column, counted from 0, in `source` for a column of the edited text on the same line.
 */
export function columnBefore(
  source: string,
  edits: readonly Edit[],
  line: number,
  column: number,
): number {
  if (edits.length === 0) return column;
  let lineStart = 0;
  for (let at = 1; at < line; at++) {
    const next = source.indexOf("\n", lineStart);
    if (next < 0) break;
    lineStart = next + 1;
  }
  const lineEnd = source.indexOf("\n", lineStart) >>> 0;
  let shift = 0;
  for (const { start, end, text } of edits) {
    if (start < lineStart || end - start === text.length) continue;
    const from = start - lineStart + shift;
    if (start > lineEnd || from > column) break;
    // A position within inserted text maps to the replaced text. So does the bracket after a call,
    // which is where V8 reports a call without a receiver.
    const width = text.startsWith("(0,") || text.startsWith(";(0,") ? text.length + 1 : text.length;
    if (column < from + width) return start - lineStart;
    shift += text.length - (end - start);
  }
  return column - shift;
}
