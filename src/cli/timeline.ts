/** Draws a timeline on this terminal: as wide as it is, about two screens long, in the characters that it has. */
import { renderTimeline, styleFor } from "../report/index.ts";
import type { Trace } from "../trace/index.ts";

const WIDTH = 110;
const WIDTH_MIN = 60;
/** The rows of a terminal of which nothing is known. */
const ROWS = 30;
const SCREENS = 2;

/** The timeline of a trace for the standard output. */
export function timelineOf(
  trace: Trace,
  {
    all = false,
    ascii = false,
    withinNs,
  }: {
    readonly all?: boolean;
    readonly ascii?: boolean;
    /** Only this part of the run. */
    readonly withinNs?: readonly [fromNs: number, toNs: number];
  } = {},
): string {
  const { stdout, env } = process;
  // A terminal that does not know its size says 0.
  const columns = stdout.columns || Number(env["COLUMNS"]) || WIDTH;
  const rows = stdout.rows || Number(env["LINES"]) || ROWS;
  return renderTimeline(trace, {
    width: Math.max(WIDTH_MIN, columns),
    rowsMax: all ? Infinity : Math.max(ROWS, rows * SCREENS - 10),
    style: styleFor(stdout),
    withinNs,
    ascii: ascii || (stdout.isTTY === true && !speaksUnicode(env)),
  });
}

/** Whether the terminal shows UTF-8, by its locale. */
function speaksUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env["TERM"] === "dumb" || env["TERM"] === "linux") return false;
  if (process.platform === "win32") return true;
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return locale === "" || /utf-?8/i.test(locale);
}
