/** Parses numbers from bytes as Redis does: strictly, and with 64 bits where Redis uses 64 bits. */
import { NOT_FLOAT, NOT_INTEGER } from "./errors.ts";
import type { RespError } from "../../wire/index.ts";

export const INT64_MAX = 9_223_372_036_854_775_807n;
export const INT64_MIN = -9_223_372_036_854_775_808n;

/**
 * Returns the 64-bit integer if `text` is its canonical form, or undefined: no spaces, no plus
 * sign, no leading zeros (`string2ll`). The result is a number if it is exact as a double,
 * otherwise a bigint.
 */
export function integerOf(text: string): number | bigint | undefined {
  const { length } = text;
  if (length === 0 || length > 20) return undefined;
  let at = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) at = 1;
  const first = text.charCodeAt(at);
  if (first === 48) return length === 1 ? 0 : undefined;
  let value = 0;
  if (at === length) return undefined;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (value <= Number.MAX_SAFE_INTEGER) return negative ? -value : value;
  const big = BigInt(text);
  return big > INT64_MAX || big < INT64_MIN ? undefined : big;
}

/** Returns true if `text` is a canonical 64-bit integer. */
export function isInteger(text: string): boolean {
  return integerOf(text) !== undefined;
}

/** Parses a 64-bit integer argument as a bigint or number. Throws `complaint`. */
export function parseInt64(text: string, complaint: RespError = NOT_INTEGER): number | bigint {
  const value = integerOf(text);
  if (value === undefined) throw complaint;
  return value;
}

/**
 * Parses an integer argument as a number. Throws `complaint`. Values beyond 2^53 are returned as
 * the nearest double, which suits counts, offsets and indexes, where such values only mean "very
 * far".
 */
export function parseInteger(text: string, complaint: RespError = NOT_INTEGER): number {
  return Number(parseInt64(text, complaint));
}

/** Parses an integer argument in a range, both ends included. Throws `complaint`. */
export function parseIntegerIn(
  text: string,
  min: number,
  max: number,
  complaint: RespError = NOT_INTEGER,
): number {
  const value = parseInteger(text, complaint);
  if (value < min || value > max) throw complaint;
  return value;
}

const floatShape = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const hexShape = /^([+-]?)0[xX]([0-9a-fA-F]+)$/;
const infinityShape = /^([+-]?)inf(inity)?$/i;

/**
 * Parses a double as `strtod` does, without surrounding spaces and without NaN. Returns undefined
 * if it is invalid.
 */
export function floatOf(text: string): number | undefined {
  if (floatShape.test(text)) {
    const value = Number(text);
    // strtod reports ERANGE for values out of range, and Redis treats that as "not a float".
    if (!Number.isFinite(value)) return undefined;
    return value;
  }
  const infinity = infinityShape.exec(text);
  if (infinity) return infinity[1] === "-" ? -Infinity : Infinity;
  const hex = hexShape.exec(text);
  if (hex) return Number.parseInt(hex[2] as string, 16) * (hex[1] === "-" ? -1 : 1);
  return undefined;
}

/** Parses a double argument. Throws `complaint`. */
export function parseFloat64(text: string, complaint: RespError = NOT_FLOAT): number {
  const value = floatOf(text);
  if (value === undefined) throw complaint;
  return value;
}

/** Returns `a + b` in 64 bits, or undefined on overflow. */
export function addInt64(a: number | bigint, b: number | bigint): number | bigint | undefined {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  const sum = BigInt(a) + BigInt(b);
  if (sum > INT64_MAX || sum < INT64_MIN) return undefined;
  const small = Number(sum);
  return Number.isSafeInteger(small) ? small : sum;
}
