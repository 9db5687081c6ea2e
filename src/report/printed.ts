/** Shows what the checks of a campaign's runs print, as far as anybody would read it. */

const LINES_MAX = 40;

/** Passes on what checks print, a bounded number of lines in all. */
export class PrintedByChecks {
  readonly #write: (text: string) => void;
  #left = LINES_MAX;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** What the checks of one run have printed. */
  tell(text: string | undefined): void {
    if (text === undefined || text === "" || this.#left === 0) return;
    const lines = text.replace(/\n$/, "").split("\n");
    this.#write(`${lines.slice(0, this.#left).join("\n")}\n`);
    this.#left = Math.max(0, this.#left - lines.length);
    if (this.#left > 0) return;
    this.#write("(what checks print further is not shown: `lightcone run` shows one run's)\n");
  }
}
