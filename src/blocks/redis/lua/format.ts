/** `string.format`: C's printf as far as Lua 5.1 passes it on. */
import type { Arguments } from "./arguments.ts";
import { formatG } from "../../../wire/index.ts";

const directive = /%([-+ #0]*)([0-9]{0,2})(?:\.([0-9]{0,2}))?([A-Za-z%])/y;

/** Formats the arguments from the second on by the first; `textOf` is `tostring`, for `%s`. */
export function format(args: Arguments, raise: (message: string) => never): string {
  const pattern = args.string(0);
  let out = "";
  let argument = 0;
  for (let at = 0; at < pattern.length;) {
    const next = pattern.indexOf("%", at);
    if (next < 0) return out + pattern.slice(at);
    out += pattern.slice(at, next);
    if (pattern[next + 1] === "%") {
      out += "%";
      at = next + 2;
      continue;
    }
    directive.lastIndex = next;
    const match = directive.exec(pattern);
    if (!match) raise("invalid format (width or precision too long)");
    const [whole, flags = "", width = "", precision, kind = ""] = match as RegExpExecArray;
    at = next + whole.length;
    argument++;
    out += one(args, argument, { flags, width: Number(width), precision, kind }, raise);
  }
  return out;
}

interface Directive {
  flags: string;
  width: number;
  precision: string | undefined;
  kind: string;
}

function one(
  args: Arguments,
  at: number,
  given: Directive,
  raise: (message: string) => never,
): string {
  const { kind, precision } = given;
  switch (kind) {
    case "c":
      return pad(String.fromCharCode(args.integer(at) & 255), given, false);
    case "d":
    case "i":
    case "u":
    case "o":
    case "x":
    case "X":
      return pad(integer(args.integer(at), given), given, precision === undefined);
    case "e":
    case "E":
    case "f":
    case "g":
    case "G":
      return pad(float(args.number(at), given), given, Number.isFinite(args.number(at)));
    case "q":
      return quote(args.string(at));
    case "s": {
      const text = args.string(at);
      return pad(precision === undefined ? text : text.slice(0, Number(precision)), given, false);
    }
    default:
      return raise(`invalid option '%${kind}' to 'format'`);
  }
}

function signed(magnitude: string, negative: boolean, flags: string): string {
  if (negative) return `-${magnitude}`;
  if (flags.includes("+")) return `+${magnitude}`;
  return flags.includes(" ") ? ` ${magnitude}` : magnitude;
}

function integer(value: number, { kind, flags, precision }: Directive): string {
  // C converts to a 64-bit integer; what does not fit becomes its smallest value.
  const fits = Number.isFinite(value) && Math.abs(value) < 2 ** 63;
  const whole = fits ? BigInt(value) : -(1n << 63n);
  const plain = kind === "d" || kind === "i";
  const radix = kind === "o" ? 8 : kind === "x" || kind === "X" ? 16 : 10;
  const magnitude = plain ? (whole < 0n ? -whole : whole) : BigInt.asUintN(64, whole);
  let digits = magnitude.toString(radix).padStart(Number(precision ?? 1), "0");
  if (flags.includes("#") && magnitude !== 0n)
    digits = (radix === 16 ? "0x" : radix === 8 ? "0" : "") + digits;
  if (kind === "X") digits = digits.toUpperCase();
  return plain ? signed(digits, whole < 0n, flags) : digits;
}

function float(value: number, { kind, flags, precision }: Directive): string {
  const digits = precision === undefined ? 6 : Number(precision);
  const lower = kind.toLowerCase();
  const negative = value < 0 || Object.is(value, -0);
  const magnitude = Math.abs(value);
  let text: string;
  if (Number.isNaN(value)) text = "nan";
  else if (magnitude === Infinity) text = "inf";
  else if (lower === "f")
    text =
      magnitude >= 1e21
        ? `${BigInt(magnitude)}${digits ? `.${"0".repeat(digits)}` : ""}`
        : magnitude.toFixed(digits);
  else if (lower === "e")
    text = magnitude.toExponential(digits).replace(/e([+-])([0-9])$/, "e$10$2");
  else text = formatG(magnitude, Math.max(1, digits));
  if (kind !== lower) text = text.toUpperCase();
  return Number.isNaN(value) ? `-${text}` : signed(text, negative, flags);
}

function pad(text: string, { flags, width }: Directive, zeros: boolean): string {
  if (text.length >= width) return text;
  if (flags.includes("-")) return text.padEnd(width);
  if (!zeros || !flags.includes("0")) return text.padStart(width);
  const sign = /^[-+ ]?(0x)?/i.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function quote(text: string): string {
  const body = text.replace(/["\\\n\r\0]/g, (c) => {
    if (c === "\r") return "\\r";
    return c === "\0" ? "\\000" : `\\${c}`;
  });
  return `"${body}"`;
}
