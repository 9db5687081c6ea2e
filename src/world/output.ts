/** The output of programs, as far as messages show it: the last lines of each host. */

const LINES_MAX = 6;
const LINE_MAX = 300;
/** So many frames of a stack are shown: what is above them says more. */
const FRAMES_MAX = 2;

const FRAME = /^\s+at \S/;
/** The first line of an error with its name: "TypeError: ...", "error: ...", "[host] Error [CODE]: ...". */
const NAMED = /(?:^|[\s[(])(?:[A-Z][\w$]*)?[Ee]rror(?: \[\w+\])?: \S/;

/** The last lines of an output stream. */
export class LastLines {
  #lines: string[] = [];
  #open = "";
  /** The first line of the last error that was printed with its stack, whatever came after it. */
  #error: string | undefined;
  /** The last line that names an error, or any other line, since the last stack. */
  #named: string | undefined;
  #before: string | undefined;
  #frames = 0;

  write(text: string): void {
    const lines = (this.#open + text).split("\n");
    this.#open = (lines.pop() as string).slice(0, LINE_MAX);
    for (const line of lines) if (line.trim() !== "") this.#take(cut(line));
  }

  #take(line: string): void {
    if (FRAME.test(line)) {
      if (this.#frames === 0) {
        this.#error = this.#named ?? this.#before;
        this.#named = undefined;
      }
      if (++this.#frames > FRAMES_MAX) return;
    } else {
      this.#frames = 0;
      this.#before = line;
      if (NAMED.test(line)) this.#named = line;
    }
    this.#lines.push(line);
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
  }

  /**
   * The lines, oldest first, including one that is not terminated yet. The first line of the last error is among them,
   * however much its stack and its properties take.
   */
  get lines(): readonly string[] {
    const open = this.#open.trim() === "" ? [] : [cut(this.#open)];
    const last = [...this.#lines, ...open].slice(-LINES_MAX);
    const error = this.#error;
    if (error === undefined || last.includes(error)) return last;
    return [error, ...last.slice(1 - LINES_MAX)];
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
