/** Compares the values of fields with what a filter asks for. */
import { FilterError } from "./lexer.ts";
import type { Comparison } from "./parser.ts";

/** The values that a field has: none, one or several. A filter holds if it holds for one of them. */
export type Value = string | number;

/** A test of one value. `from` and `to`: its place in the filter, for errors. */
export function tester(
  comparison: Comparison,
  text: string,
  from: number,
  to: number,
): (value: Value) => boolean {
  const lower = text.toLowerCase();
  switch (comparison) {
    case "=":
    case "!=": {
      const number = quantity(text);
      const equals = (value: Value): boolean =>
        typeof value === "number" ? value === number : value.toLowerCase() === lower;
      return comparison === "=" ? equals : (value) => !equals(value);
    }
    case "~":
      return (value) => String(value).toLowerCase().includes(lower);
    case ":": {
      const pattern = glob(lower);
      const number = quantity(text);
      return (value) => {
        return typeof value === "number" ? value === number : pattern.test(value.toLowerCase());
      };
    }
    default: {
      const limit = quantity(text);
      if (limit === undefined) {
        throw new FilterError(`"${text}" is not a number or a time such as 1.2s`, from, to);
      }
      const compare = {
        ">": (value: number) => value > limit,
        ">=": (value: number) => value >= limit,
        "<": (value: number) => value < limit,
        "<=": (value: number) => value <= limit,
      }[comparison];
      return (value) => compare(typeof value === "number" ? value : Number(value));
    }
  }
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  kb: 1e3,
  mb: 1e6,
};

/** A number, a time in nanoseconds or a size in bytes: "12", "1.2s", "300ms", "4kb". */
export function quantity(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)([a-zµ]*)$/i.exec(text);
  const unit = match && UNITS[(match[2] as string).toLowerCase()];
  return unit === undefined || unit === null || !match ? undefined : Number(match[1]) * unit;
}

/** A pattern in which `*` stands for any text and `?` for one character; it matches whole values. */
function glob(text: string): RegExp {
  const escaped = text.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}
