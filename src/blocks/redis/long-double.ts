/**
 * Sums in x87 extended precision, as INCRBYFLOAT and HINCRBYFLOAT compute them in C: decimal text
 * is rounded to a 64-bit mantissa, added, rounded again, and printed with `%.17Lf` without trailing
 * zeros.
 */
import { err, NOT_FLOAT } from "./errors.ts";
import type { RespError } from "../../wire/index.ts";

/** `mantissa * 2^exponent`, where the mantissa has at most 64 bits. */
interface Extended {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const shape = /^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/;
const MANTISSA_BITS = 64;

/**
 * Returns the sum of two decimals as Redis prints it. Throws if one is not a number or the sum is
 * infinite.
 */
export function addLongDouble(
  a: string,
  b: string,
  complaintA: RespError = NOT_FLOAT,
  complaintB: RespError = NOT_FLOAT,
): string {
  const left = parse(a, complaintA);
  const right = parse(b, complaintB);
  if (left === "infinite" || right === "infinite") {
    throw err("increment would produce NaN or Infinity");
  }
  const exponent = Math.min(left.exponent, right.exponent);
  const sum =
    (left.mantissa << BigInt(left.exponent - exponent)) +
    (right.mantissa << BigInt(right.exponent - exponent));
  return print(round(sum, 1n, exponent));
}

function parse(text: string, complaint: RespError): Extended | "infinite" {
  if (/^[+-]?inf(inity)?$/i.test(text)) return "infinite";
  const hexadecimal = /^([+-]?)(0[xX][0-9a-fA-F]{1,32})$/.exec(text);
  if (hexadecimal) {
    const magnitude = BigInt(hexadecimal[2] as string);
    return round(hexadecimal[1] === "-" ? -magnitude : magnitude, 1n, 0);
  }
  const match = shape.exec(text);
  const digits = match ? (match[2] as string) + (match[3] as string) : "";
  if (!match || digits === "" || text.length > 256) throw complaint;
  const power = Number(match[4] ?? 0) - (match[3] as string).length;
  if (power > 4_932) throw complaint;
  if (power < -5_200) return { mantissa: 0n, exponent: 0 };
  const sign = match[1] === "-" ? -1n : 1n;
  const scale = 10n ** BigInt(Math.abs(power));
  const whole = sign * BigInt(digits);
  return power >= 0 ? round(whole * scale, 1n, 0) : round(whole, scale, 0);
}

/** Rounds `numerator / denominator * 2^exponent` to the nearest 64-bit mantissa, ties to even. */
function round(numerator: bigint, denominator: bigint, exponent: number): Extended {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  // Scale so that the quotient has 64 bits or one more.
  let shift = MANTISSA_BITS + 1 - (bits(magnitude) - bits(denominator));
  const divide = (): [bigint, bigint, bigint] => {
    const top = shift >= 0 ? magnitude << BigInt(shift) : magnitude;
    const bottom = shift >= 0 ? denominator : denominator << BigInt(-shift);
    return [top / bottom, top % bottom, bottom];
  };
  let [quotient, rest, bottom] = divide();
  const extra = bits(quotient) - MANTISSA_BITS;
  if (extra > 0) {
    shift -= extra;
    [quotient, rest, bottom] = divide();
  }
  const twice = rest * 2n;
  if (twice > bottom || (twice === bottom && (quotient & 1n) === 1n)) quotient += 1n;
  return { mantissa: negative ? -quotient : quotient, exponent: exponent - shift };
}

function bits(value: bigint): number {
  return value.toString(2).length;
}

const SCALE = 10n ** 17n;

function print({ mantissa, exponent }: Extended): string {
  const negative = mantissa < 0n;
  const magnitude = (negative ? -mantissa : mantissa) * SCALE;
  let scaled: bigint;
  if (exponent >= 0) {
    scaled = magnitude << BigInt(exponent);
  } else {
    const divisor = 1n << BigInt(-exponent);
    scaled = magnitude / divisor;
    const twice = (magnitude % divisor) * 2n;
    if (twice > divisor || (twice === divisor && (scaled & 1n) === 1n)) scaled += 1n;
  }
  const digits = scaled.toString().padStart(18, "0");
  const fraction = digits.slice(-17).replace(/0+$/, "");
  const text = digits.slice(0, -17) + (fraction === "" ? "" : `.${fraction}`);
  return negative && text !== "0" ? `-${text}` : text;
}
