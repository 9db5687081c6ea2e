/**
 * Shows what the checks of a campaign's runs print, limited to an amount that a person can read.
 */

const LINES_MAX = 40;

/** Forwards what checks print, up to a fixed total number of lines. */
export class PrintedByChecks {
  readonly #write: (text: string) => void;
  #left = LINES_MAX;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Adds what the checks of one run printed. */
  tell(text: string | undefined): void {
    if (text === undefined || text === "" || this.#left === 0) return;
    const lines = text.replace(/\n$/, "").split("\n");
    this.#write(`${lines.slice(0, this.#left).join("\n")}\n`);
    this.#left = Math.max(0, this.#left - lines.length);
    if (this.#left > 0) return;
    this.#write("(what checks print further is not shown: `lightcone run` shows one run's)\n");
  }
}
