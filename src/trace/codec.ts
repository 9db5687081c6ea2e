/**
 * Encodes a trace as bytes, for files and for the viewer: a line of JSON (names, details), followed
 * by the columns, one after the other, as variable-length integers. Times and causes are stored as
 * differences, which are small, so an event takes about six bytes.
 */
import { LightconeError } from "../base/errors.ts";
import type { Trace } from "./trace.ts";

/**
 * The format's version, stored in the first line. It changes whenever an older reader could misread
 * a file.
 */
export const TRACE_FORMAT = 1;

interface Header {
  readonly lightconeTrace: number;
  readonly events: number;
  readonly hosts: readonly string[];
  readonly details: readonly unknown[];
}

/** Encodes a trace. Details must be plain data. */
export function encodeTrace(trace: Trace): Uint8Array {
  const header: Header = {
    lightconeTrace: TRACE_FORMAT,
    events: trace.length,
    hosts: trace.hosts,
    details: trace.details,
  };
  const head = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const out = new ByteWriter(head.length + trace.length * 8);
  out.bytes(head);
  let timeNs = 0;
  for (let row = 0; row < trace.length; row++) {
    const at = trace.timeNs[row] as number;
    out.varint(at - timeNs);
    timeNs = at;
  }
  for (let row = 0; row < trace.length; row++) out.varint(trace.host[row] as number);
  for (let row = 0; row < trace.length; row++) out.varint(trace.kind[row] as number);
  for (let row = 0; row < trace.length; row++) {
    const cause = trace.cause[row] as number;
    // Zero means no cause. Any other value is how many events ago the cause was, at least one.
    out.varint(cause === 0 ? 0 : row + 1 - cause);
  }
  for (let row = 0; row < trace.length; row++) out.varint(trace.detail[row] as number);
  return out.finish();
}

/** Decodes a trace. Throws `LC_BAD_TRACE` if the bytes are not a trace or are truncated. */
export function decodeTrace(bytes: Uint8Array): Trace {
  const newline = bytes.indexOf(0x0a);
  const header = newline < 0 ? undefined : readHeader(bytes.subarray(0, newline));
  if (!header) throw new LightconeError("LC_BAD_TRACE", "this is not a Lightcone trace");
  if (header.lightconeTrace !== TRACE_FORMAT) {
    throw new LightconeError(
      "LC_BAD_TRACE",
      `the trace has format ${header.lightconeTrace}, this Lightcone reads format ${TRACE_FORMAT}`,
    );
  }
  const length = header.events;
  const reader = new ByteReader(bytes, newline + 1);
  const timeNs = new Float64Array(length);
  const host = new Uint16Array(length);
  const kind = new Uint8Array(length);
  const cause = new Uint32Array(length);
  const detail = new Uint32Array(length);
  let at = 0;
  for (let row = 0; row < length; row++) timeNs[row] = at += reader.varint();
  for (let row = 0; row < length; row++) host[row] = reader.varint();
  for (let row = 0; row < length; row++) kind[row] = reader.varint();
  for (let row = 0; row < length; row++) {
    const ago = reader.varint();
    cause[row] = ago === 0 ? 0 : row + 1 - ago;
  }
  for (let row = 0; row < length; row++) detail[row] = reader.varint();
  return {
    length,
    timeNs,
    host,
    kind,
    cause,
    detail,
    details: header.details,
    hosts: header.hosts,
  };
}

function readHeader(line: Uint8Array): Header | undefined {
  try {
    const header = JSON.parse(new TextDecoder().decode(line)) as Partial<Header>;
    return Number.isSafeInteger(header.events) && typeof header.lightconeTrace === "number"
      ? (header as Header)
      : undefined;
  } catch {
    return undefined;
  }
}

class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity + 16);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Seven bits per byte, least significant first (LEB128), up to 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    bigger.set(this.#bytes);
    this.#bytes = bigger;
  }
}

class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new LightconeError("LC_BAD_TRACE", "the trace was cut short");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }
}
