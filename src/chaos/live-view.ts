/** Shows events as they come: a table that is drawn again on a terminal, plain lines elsewhere. */
import type { WriteStream } from "node:tty";
import type { ChaosEvent, ChaosProxy } from "./proxy.ts";
import { describeEvent, drawTable } from "./view.ts";

/** How often the table is drawn. */
const DRAW_EVERY_MS = 250;
/** How many events are below the table. */
const RECENT = 10;

/** How a view shows what happens. */
export interface ViewOptions {
  /** Draw a table; the output is a terminal. */
  readonly live: boolean;
  /** Show only where proxies listen. */
  readonly quiet: boolean;
}

/** A view of proxies on an output. */
export class LiveView {
  /** What the table is drawn of. */
  proxies: () => readonly ChaosProxy[] = () => [];
  readonly #output: NodeJS.WriteStream;
  readonly #options: ViewOptions;
  #recent: string[] = [];
  #header: readonly string[] = [];
  #drawnLines = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: NodeJS.WriteStream, options: ViewOptions) {
    this.#output = output;
    this.#options = options;
  }

  /** Takes an event. */
  add(event: ChaosEvent): void {
    if (this.#options.quiet && event.kind !== "listening") return;
    const line = describeEvent(event);
    if (this.#options.live) this.#recent = [...this.#recent, line].slice(-RECENT);
    else this.#output.write(`${line}\n`);
  }

  /** Writes the header, and begins to draw. */
  start(header: readonly string[]): void {
    this.#header = header;
    if (!this.#options.live) {
      this.#output.write(`${header.join("\n")}\n`);
      return;
    }
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS);
  }

  /** Draws a last time. */
  stop(): void {
    clearInterval(this.#timer);
    if (this.#options.live) this.#draw();
  }

  /** Draws over what was drawn before; never more lines than the terminal has. */
  #draw(): void {
    const { columns, rows } = this.#output as WriteStream;
    const lines = [...this.#header, ...drawTable(this.proxies(), this.#recent, columns || 80)];
    const shown = lines.slice(0, Math.max(1, (rows || 24) - 1));
    const up = this.#drawnLines === 0 ? "" : `\u001b[${this.#drawnLines}A`;
    this.#output.write(`${up}\r\u001b[J${shown.join("\n")}\n`);
    this.#drawnLines = shown.length;
  }
}
