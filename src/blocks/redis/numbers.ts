/** Numbers as Redis reads them from bytes: strict, and 64 bits wide where Redis's are. */
import { NOT_FLOAT, NOT_INTEGER } from "./errors.ts";
import type { RespError } from "../../wire/index.ts";

export const INT64_MAX = 9_223_372_036_854_775_807n;
export const INT64_MIN = -9_223_372_036_854_775_808n;

/**
 * The 64-bit integer that `text` spells in its only canonical form, or undefined: no spaces, no plus, no
 * leading zeros (`string2ll`). A number when it is exact as a double, else a bigint.
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

/** True when `text` is a canonical 64-bit integer. */
export function isInteger(text: string): boolean {
  return integerOf(text) !== undefined;
}

/** A 64-bit integer argument as a bigint or number; throws `complaint`. */
export function parseInt64(text: string, complaint: RespError = NOT_INTEGER): number | bigint {
  const value = integerOf(text);
  if (value === undefined) throw complaint;
  return value;
}

/**
 * An integer argument as a number; throws `complaint`. Values beyond 2^53 come back as the nearest double:
 * for counts, offsets and indexes, where they only mean "very far".
 */
export function parseInteger(text: string, complaint: RespError = NOT_INTEGER): number {
  return Number(parseInt64(text, complaint));
}

/** An integer argument in a range, both ends included; throws `complaint`. */
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

/** A double as `strtod` reads it, without surrounding spaces and without NaN, or undefined. */
export function floatOf(text: string): number | undefined {
  if (floatShape.test(text)) {
    const value = Number(text);
    // strtod reports ERANGE for what does not fit, and Redis takes that for "not a float".
    if (!Number.isFinite(value)) return undefined;
    return value;
  }
  const infinity = infinityShape.exec(text);
  if (infinity) return infinity[1] === "-" ? -Infinity : Infinity;
  const hex = hexShape.exec(text);
  if (hex) return Number.parseInt(hex[2] as string, 16) * (hex[1] === "-" ? -1 : 1);
  return undefined;
}

/** A double argument; throws `complaint`. */
export function parseFloat64(text: string, complaint: RespError = NOT_FLOAT): number {
  const value = floatOf(text);
  if (value === undefined) throw complaint;
  return value;
}

/** `a + b` in 64 bits, or undefined on overflow. */
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
