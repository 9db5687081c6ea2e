/**
 * Encodes a trace as bytes, for files and for the viewer: a line of JSON, followed by sections whose sizes that
 * line states. Columns are variable-length integers; times and causes are differences, which are small. The
 * format is described in `docs/trace-format.md`.
 */
import { assert, LightconeError } from "../base/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { decodeDetails, type EncodedDetails, encodeDetails } from "./detail-codec.ts";
import type { Trace, TraceMeta } from "./trace.ts";

/**
 * The format's version, stored in the first line. It changes whenever an older reader could misread
 * a file. Format 1 is read as well.
 */
export const TRACE_FORMAT = 2;

const SECTIONS = ["columns", "shapes", "words", "packets", "others", "payloads"] as const;
type Section = (typeof SECTIONS)[number];

interface Header {
  readonly lightconeTrace: number;
  readonly events: number;
  readonly hosts: readonly string[];
  readonly meta?: TraceMeta;
  /** The sizes of the sections in bytes, in the order in which they follow. */
  readonly sections?: Readonly<Record<Section, number>>;
  /** Format 1 only. */
  readonly details?: readonly unknown[];
}

/** Encodes a trace. Details must be plain data, apart from the payloads of packets. */
export function encodeTrace(trace: Trace): Uint8Array {
  const sections: Readonly<Record<Section, Uint8Array>> = {
    columns: encodeColumns(trace),
    ...encodeDetails(trace.details),
  };
  const sizes = SECTIONS.map((name) => [name, sections[name].length] as const);
  const header: Header = {
    lightconeTrace: TRACE_FORMAT,
    events: trace.length,
    hosts: trace.hosts,
    ...(trace.meta && { meta: trace.meta }),
    sections: Object.fromEntries(sizes) as Record<Section, number>,
  };
  const out = new ByteWriter(trace.length * 8);
  out.bytes(new TextEncoder().encode(`${JSON.stringify(header)}\n`));
  for (const name of SECTIONS) out.bytes(sections[name]);
  return out.finish();
}

function encodeColumns(trace: Trace): Uint8Array {
  const out = new ByteWriter(trace.length * 6);
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
  let details = 0;
  for (let row = 0; row < trace.length; row++) {
    const has = trace.detail[row] !== 0;
    if (has) assert(trace.detail[row] === ++details, "a trace's details are not in order");
    out.varint(has ? 1 : 0);
  }
  return out.finish();
}

/**
 * Separates the payloads, the last section, from an encoded trace of the current format. The first part is for
 * `decodeTrace` with `payloadsApart`. Throws `LC_BAD_TRACE`.
 */
export function separatePayloads(bytes: Uint8Array): {
  readonly head: Uint8Array;
  readonly payloads: Uint8Array;
} {
  const newline = bytes.indexOf(0x0a);
  const header = newline < 0 ? undefined : readHeader(bytes.subarray(0, newline));
  const size = header?.sections?.payloads;
  if (size === undefined || size > bytes.length) throw bad("the trace is damaged");
  const at = bytes.length - size;
  return { head: bytes.subarray(0, at), payloads: bytes.subarray(at) };
}

/** How to decode a trace. */
export interface DecodeOptions {
  /** The payloads are not in the bytes: see {@link separatePayloads}. */
  readonly payloadsApart?: boolean;
}

/** Decodes a trace. Throws `LC_BAD_TRACE` if the bytes are not a trace, are damaged, or are truncated. */
export function decodeTrace(bytes: Uint8Array, options: DecodeOptions = {}): Trace {
  const { payloadsApart = false } = options;
  const newline = bytes.indexOf(0x0a);
  const header = newline < 0 ? undefined : readHeader(bytes.subarray(0, newline));
  if (!header) throw bad("this is not a Lightcone trace");
  const format = header.lightconeTrace;
  // Every event takes at least five bytes.
  if (header.events * 5 > bytes.length) throw bad("the trace was cut short");
  if (format !== 1 && format !== TRACE_FORMAT) {
    throw bad(`the trace has format ${format}, this Lightcone reads formats 1 and ${TRACE_FORMAT}`);
  }
  if (format === 1) return decodeFirstFormat(header, bytes.subarray(newline + 1));
  const sections = split(header, bytes.subarray(newline + 1), payloadsApart);
  const columns = decodeColumns(header.events, new ByteReader(sections.columns));
  let details = 0;
  for (let row = 0; row < header.events; row++) {
    if (columns.detail[row] !== 0) columns.detail[row] = ++details;
  }
  if (details !== sections.shapes.length) throw bad("the trace's details are damaged");
  return {
    ...columns,
    details: decodeDetails(sections satisfies EncodedDetails, payloadsApart),
    hosts: header.hosts,
    ...(header.meta && { meta: header.meta }),
  };
}

/** Format 1: the details are in the first line, and events refer to them by number. */
function decodeFirstFormat(header: Header, bytes: Uint8Array): Trace {
  const columns = decodeColumns(header.events, new ByteReader(bytes));
  return { ...columns, details: header.details ?? [], hosts: header.hosts };
}

function split(
  { sections }: Header,
  bytes: Uint8Array,
  payloadsApart: boolean,
): Record<Section, Uint8Array> {
  let at = 0;
  const found = SECTIONS.map((name) => {
    const size = name === "payloads" && payloadsApart ? 0 : sections?.[name];
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw bad("the trace is damaged");
    const from = at;
    at += size as number;
    return [name, bytes.subarray(from, at)] as const;
  });
  if (at > bytes.length) throw bad("the trace was cut short");
  return Object.fromEntries(found) as Record<Section, Uint8Array>;
}

type Columns = Pick<Trace, "length" | "timeNs" | "host" | "kind" | "cause" | "detail">;

function decodeColumns(length: number, reader: ByteReader): Columns {
  const timeNs = new Float64Array(length);
  const host = new Uint16Array(length);
  const kind = new Uint8Array(length);
  const cause = new Uint32Array(length);
  const detail = new Uint32Array(length);
  const read = new Float64Array(length);
  reader.column(timeNs);
  let at = 0;
  for (let row = 0; row < length; row++) timeNs[row] = at += timeNs[row] as number;
  host.set(reader.column(read));
  kind.set(reader.column(read));
  reader.column(read);
  for (let row = 0; row < length; row++) {
    const ago = read[row] as number;
    if (ago > row) throw bad("the trace is damaged: a cause is before the first event");
    cause[row] = ago === 0 ? 0 : row + 1 - ago;
  }
  detail.set(reader.column(read));
  return { length, timeNs, host, kind, cause, detail };
}

function readHeader(line: Uint8Array): Header | undefined {
  try {
    const header = JSON.parse(new TextDecoder().decode(line)) as Partial<Header> | null;
    const { events, hosts, lightconeTrace } = header ?? {};
    const isWhole = Number.isSafeInteger(events) && (events as number) >= 0;
    return isWhole && Array.isArray(hosts) && typeof lightconeTrace === "number"
      ? (header as Header)
      : undefined;
  } catch {
    return undefined;
  }
}

function bad(message: string): LightconeError {
  return new LightconeError("LC_BAD_TRACE", message);
}
