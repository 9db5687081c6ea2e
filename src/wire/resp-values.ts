/**
 * Redis replies as plain values.
 *
 * The common replies need no object: a string is a bulk string (bytes as Latin-1), a number or
 * bigint is an integer, `null` is the null reply, and an array is an array. Types that exist only
 * in RESP3, or that RESP2 encodes differently, have a small class here, so that one reply can be
 * encoded for both versions.
 */

/** A reply, before it is encoded for a client's version of the protocol. */
export type Reply =
  | string
  | number
  | bigint
  | null
  | readonly Reply[]
  | Status
  | RespError
  | Double
  | NullArray
  | MapReply
  | SetReply
  | PushReply
  | Verbatim
  | Bool
  | BigNumber;

/** A simple string: `+OK`. */
export class Status {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An error reply: `-ERR ...`. The text starts with its code. */
export class RespError {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A floating point number: `,1.5` in RESP3, a bulk string in RESP2. */
export class Double {
  readonly value: number;
  /** The server's own text for the number, if it differs from {@link formatDouble}. */
  readonly text: string | undefined;
  constructor(value: number, text?: string) {
    this.value = value;
    this.text = text;
  }
}

/** The null that RESP2 encodes as `*-1`. */
export class NullArray {
  static readonly instance: NullArray = new NullArray();
}

/** Alternating keys and values: a map in RESP3, a flat array in RESP2. */
export class MapReply {
  readonly flat: readonly Reply[];
  constructor(flat: readonly Reply[]) {
    this.flat = flat;
  }
}

/** A set in RESP3, an array in RESP2. */
export class SetReply {
  readonly items: readonly Reply[];
  constructor(items: readonly Reply[]) {
    this.items = items;
  }
}

/** Out-of-band data: `>` in RESP3, an array in RESP2. */
export class PushReply {
  readonly items: readonly Reply[];
  constructor(items: readonly Reply[]) {
    this.items = items;
  }
}

/** Text with a three-letter format: `=` in RESP3, a bulk string in RESP2. */
export class Verbatim {
  readonly format: string;
  readonly text: string;
  constructor(format: string, text: string) {
    this.format = format;
    this.text = text;
  }
}

/** `#t` or `#f` in RESP3, 1 or 0 in RESP2. */
export class Bool {
  readonly value: boolean;
  constructor(value: boolean) {
    this.value = value;
  }
}

/** A number of any size, as decimal text: `(` in RESP3, a bulk string in RESP2. */
export class BigNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** `+OK`, the most common reply. */
export const OK: Status = new Status("OK");
/** `+QUEUED`. */
export const QUEUED: Status = new Status("QUEUED");
/** `*-1` in RESP2, `_` in RESP3. */
export const NULL_ARRAY: NullArray = NullArray.instance;

/** Formats a double as C's `%.17g` does, which is what Redis up to 7.0 sends. */
export function formatDouble(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e17)
    return Object.is(value, -0) ? "-0" : String(value);
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  if (Number.isNaN(value)) return "nan";
  return formatG(value, 17);
}

/** Formats a finite double as C's `%.{precision}g` does. */
export function formatG(value: number, precision: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", power = "0"] = value.toExponential(precision - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= precision) {
    const digits = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const fixed = value.toFixed(Math.min(100, Math.max(0, precision - 1 - exponent)));
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}
