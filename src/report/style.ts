/**
 * Terminal colours, if the terminal supports them and the user wants them (https://no-color.org).
 */

/** Paints text. Without colours, each function returns its text unchanged. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const plain = (text: string): string => text;

/** A style without colours. */
export const plainStyle: Style = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

const painted: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  cyan: paint(36, 39),
};

function paint(on: number, off: number): (text: string) => string {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}

/**
 * Returns the style for a stream: coloured on a terminal, unless `NO_COLOR` disables it or
 * `FORCE_COLOR` forces it.
 */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): Style {
  if (env["NO_COLOR"]) return plainStyle;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return painted;
  return stream.isTTY === true && env["TERM"] !== "dumb" ? painted : plainStyle;
}
