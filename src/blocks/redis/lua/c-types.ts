/** Values as C takes them: strings that end at a zero, integers of 64 bits. */

/** What C takes for the text: it ends at the first zero. */
export function cString(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** A double as x86-64 converts it to 64 bits: what does not fit becomes the least integer. */
export function toLong(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

/** The same for 64 bits without a sign: what is too great becomes 0. */
export function toUnsignedLong(value: number): bigint {
  if (!(value >= 2 ** 63)) return BigInt.asUintN(64, toLong(value));
  return value < 2 ** 64 ? BigInt(value) : 0n;
}
