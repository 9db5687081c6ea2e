/**
 * Stream IDs: two 64-bit halves, milliseconds and sequence, stored as one bigint so that they can
 * be compared.
 */
import { type RespError } from "../../../wire/index.ts";
import { err } from "../errors.ts";

export type StreamId = bigint;

export const ID_MIN: StreamId = 0n;
export const ID_MAX: StreamId = (1n << 128n) - 1n;
const HALF_MAX = (1n << 64n) - 1n;

export const BAD_ID: RespError = err("Invalid stream ID specified as stream command argument");

export function makeId(ms: bigint, sequence: bigint): StreamId {
  return (ms << 64n) | sequence;
}

export function millisecondsOf(id: StreamId): bigint {
  return id >> 64n;
}

export function sequenceOf(id: StreamId): bigint {
  return id & HALF_MAX;
}

/** Formats an ID: `1526919030474-55`. */
export function formatId(id: StreamId): string {
  return `${millisecondsOf(id)}-${sequenceOf(id)}`;
}

function half(text: string): bigint {
  if (!/^[0-9]{1,20}$/.test(text)) throw BAD_ID;
  const value = BigInt(text);
  if (value > HALF_MAX) throw BAD_ID;
  return value;
}

/** Parses an ID with or without its sequence number, which defaults to `missing`. */
export function parseStrictId(text: string, missing: bigint): StreamId {
  const dash = text.indexOf("-");
  if (dash < 0) return makeId(half(text), missing);
  return makeId(half(text.slice(0, dash)), half(text.slice(dash + 1)));
}

/**
 * Same as {@link parseStrictId}, but also accepts `-` and `+` for the least and the greatest ID.
 */
export function parseId(text: string, missing: bigint): StreamId {
  if (text === "-") return ID_MIN;
  return text === "+" ? ID_MAX : parseStrictId(text, missing);
}

/** Parses the first ID of an interval. A `(` before it excludes it. */
export function parseStart(text: string): StreamId {
  if (!text.startsWith("(")) return parseId(text, 0n);
  const id = parseStrictId(text.slice(1), 0n);
  if (id === ID_MAX) throw err("invalid start ID for the interval");
  return id + 1n;
}

/** Parses the last ID of an interval. A `(` before it excludes it. */
export function parseEnd(text: string): StreamId {
  if (!text.startsWith("(")) return parseId(text, HALF_MAX);
  const id = parseStrictId(text.slice(1), HALF_MAX);
  if (id === ID_MIN) throw err("invalid end ID for the interval");
  return id - 1n;
}
