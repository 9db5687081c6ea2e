/**
 * Changes of a source text that leave its lines where they are, and the way back: stack traces name the
 * places of the text before.
 */

/** Replaces what stands from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text with its changes, none of which adds or takes a line. */
export class EditedText {
  readonly #source: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** Replaces a piece. Pieces do not overlap; insertions in one place keep the order of the calls. */
  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  /** Puts text before `at`. */
  insert(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text });
  }

  /** Replaces a piece by spaces; the ends of its lines stay. */
  blank(start: number, end: number): void {
    this.replace(start, end, this.#source.slice(start, end).replace(/[^\n\r\u2028\u2029]/g, " "));
  }

  /** All changes, in the order of their places. */
  finish(): readonly Edit[] {
    return this.#edits.sort((a, b) => a.start - b.start || a.end - b.end);
  }
}

/** A text with changes, which come in the order of their places. */
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

/** The column, counted from 0, that a column of the changed text had in `source` on the same line. */
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
    // Within what was put in, it is the place of what was there.
    // And so is the bracket behind a call, which is where V8 sees one that has no receiver.
    const width = text.startsWith("(0,") || text.startsWith(";(0,") ? text.length + 1 : text.length;
    if (column < from + width) return start - lineStart;
    shift += text.length - (end - start);
  }
  return column - shift;
}
