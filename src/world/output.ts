/** The output of programs, as far as messages show it: the last lines of each host. */

const LINES_MAX = 6;
const LINE_MAX = 300;

/** The last lines of an output stream. */
export class LastLines {
  #lines: string[] = [];
  #open = "";

  write(text: string): void {
    const [first = "", ...rest] = (this.#open + text).split("\n");
    const lines = [first, ...rest];
    this.#open = (lines.pop() as string).slice(0, LINE_MAX);
    const whole = lines.filter((line) => line.trim() !== "").slice(-LINES_MAX);
    this.#lines = [...this.#lines, ...whole.map(cut)].slice(-LINES_MAX);
  }

  /** The lines, oldest first, including one that is not terminated yet. */
  get lines(): readonly string[] {
    const open = this.#open.trim() === "" ? [] : [cut(this.#open)];
    return [...this.#lines, ...open].slice(-LINES_MAX);
  }
}

/** A hint followed by the output; `undefined` if there is neither. */
export function hintWith(hint: string | undefined, lines: readonly string[]): string | undefined {
  if (lines.length === 0) return hint;
  const printed = ["Its last output:", ...lines.map((line) => `    ${line}`)].join("\n");
  return hint === undefined ? printed : `${hint}\n  ${printed}`;
}

function cut(line: string): string {
  return line.length > LINE_MAX ? `${line.slice(0, LINE_MAX - 1)}…` : line;
}
