/**
 * Shows the progress of a campaign: one line that is rewritten on a terminal, or an occasional
 * plain line elsewhere.
 */
import { SECOND } from "../base/units.ts";
import type { Style } from "./style.ts";

/** The figures of a campaign so far. */
export interface ProgressFigures {
  readonly runs: number;
  /** The maximum number of runs, if known. */
  readonly runsMax?: number | undefined;
  readonly wallMs: number;
  /** The maximum duration in milliseconds of real time, if known. */
  readonly wallMsMax?: number | undefined;
  readonly simulatedNs: number;
  readonly faults: number;
}

/** The output that progress is written to. */
export interface ProgressSink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const TTY_EVERY_MS = 100;
const PLAIN_EVERY_MS = 10_000;
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** "412 runs · 51 runs/s · 3,060 simulated s/s · 1,204 faults injected". */
export function describeProgress(figures: ProgressFigures): string {
  const { runs, runsMax, wallMs, wallMsMax, simulatedNs, faults } = figures;
  const seconds = Math.max(wallMs, 1) / 1_000;
  const of = runsMax === undefined || runsMax === Infinity ? "" : ` of ${count(runsMax)}`;
  const until = wallMsMax === undefined ? "" : ` of ${Math.round(wallMsMax / 1_000)}s`;
  return [
    `${count(runs)}${of} ${runs === 1 && of === "" ? "run" : "runs"}`,
    describeRates({ runs, simulatedNs, wallMs }),
    `${count(faults)} ${faults === 1 ? "fault" : "faults"} injected`,
    `${seconds.toFixed(1)}s${until}`,
  ].join(" · ");
}

/** "51 runs/s · 3,060 simulated s/s". */
export function describeRates(figures: {
  readonly runs: number;
  readonly simulatedNs: number;
  readonly wallMs: number;
}): string {
  const seconds = Math.max(figures.wallMs, 1) / 1_000;
  const simulated = figures.simulatedNs / SECOND / seconds;
  return `${rate(figures.runs / seconds)} runs/s · ${rate(simulated)} simulated s/s`;
}

/** Shows progress until {@link Progress.close} is called. */
export class Progress {
  readonly #sink: ProgressSink;
  readonly #style: Style;
  #shown = false;
  #lastMs: number;
  #frame = 0;

  constructor(sink: ProgressSink, style: Style) {
    this.#sink = sink;
    this.#style = style;
    this.#lastMs = sink.isTTY ? -Infinity : performance.now();
  }

  /** Shows `text` if enough time has passed since the last line. */
  update(text: () => string): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < (this.#sink.isTTY ? TTY_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.#lastMs = nowMs;
    this.#show(text());
  }

  /** Shows `text` now. Writes to terminals only. */
  show(text: string): void {
    if (this.#sink.isTTY) this.#show(text);
  }

  /** Removes the line. */
  close(): void {
    if (this.#shown && this.#sink.isTTY) this.#sink.write("\r\u001b[2K");
    this.#shown = false;
  }

  #show(text: string): void {
    if (!this.#sink.isTTY) {
      this.#sink.write(`${text}\n`);
      return;
    }
    const spinner = SPINNER[this.#frame++ % SPINNER.length] as string;
    // A terminal that does not know its width reports 0.
    const room = (this.#sink.columns || 80) - 3;
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    this.#sink.write(`\r\u001b[2K${this.#style.cyan(spinner)} ${this.#style.dim(shown)}`);
    this.#shown = true;
  }
}

/** Formats a whole number for people: "12,345". */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function rate(value: number): string {
  return value >= 100 ? count(value) : value.toFixed(value >= 10 ? 0 : 1);
}
