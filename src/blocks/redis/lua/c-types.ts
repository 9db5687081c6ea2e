/** C's conversions of values: strings that end at a zero byte, and 64-bit integers. */

/** Returns the text as C sees it: up to the first zero byte. */
export function cString(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Converts a double to 64 bits as x86-64 does: values out of range become the least integer. */
export function toLong(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

/** The same for unsigned 64-bit integers: values that are too large become 0. */
export function toUnsignedLong(value: number): bigint {
  if (!(value >= 2 ** 63)) return BigInt.asUintN(64, toLong(value));
  return value < 2 ** 64 ? BigInt(value) : 0n;
}
