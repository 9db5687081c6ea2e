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
 * a file. Formats 1 and 2 are read as well.
 */
export const TRACE_FORMAT = 3;

const SECTIONS = [
  "columns",
  "shapes",
  "words",
  "packets",
  "others",
  "places",
  "stacks",
  "payloads",
] as const;
/** What format 2 does not have. */
const ADDED: readonly string[] = ["places", "stacks"];
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
    ...encodeStacks(trace),
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

/** The stacks: a JSON array of their texts, and a number for each event; both empty if none is on record. */
function encodeStacks({ stack, stacks, length }: Trace): Record<"places" | "stacks", Uint8Array> {
  if (!stack || !stacks) return { places: new Uint8Array(0), stacks: new Uint8Array(0) };
  const column = new ByteWriter();
  for (let row = 0; row < length; row++) column.varint(stack[row] as number);
  return { places: new TextEncoder().encode(JSON.stringify(stacks)), stacks: column.finish() };
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
  if (![1, 2, TRACE_FORMAT].includes(format)) {
    throw bad(`the trace has format ${format}, this Lightcone reads formats 1 to ${TRACE_FORMAT}`);
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
    ...decodeStacks(header.events, sections),
    hosts: header.hosts,
    ...(header.meta && { meta: header.meta }),
  };
}

function decodeStacks(
  events: number,
  { places, stacks }: Record<Section, Uint8Array>,
): Pick<Trace, "stack" | "stacks"> {
  if (places.length === 0) return {};
  const read = new Float64Array(events);
  new ByteReader(stacks).column(read);
  const texts = parseJson(places);
  const isWhole = Array.isArray(texts) && texts.every((text) => typeof text === "string");
  if (!isWhole || read.some((number) => number > texts.length)) throw bad("the trace is damaged");
  return { stack: Uint32Array.from(read), stacks: texts };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw bad("the trace is damaged");
  }
}

/** Format 1: the details are in the first line, and events refer to them by number. */
function decodeFirstFormat(header: Header, bytes: Uint8Array): Trace {
  const columns = decodeColumns(header.events, new ByteReader(bytes));
  return { ...columns, details: header.details ?? [], hosts: header.hosts };
}

function split(
  { sections, lightconeTrace }: Header,
  bytes: Uint8Array,
  payloadsApart: boolean,
): Record<Section, Uint8Array> {
  let at = 0;
  const found = SECTIONS.map((name) => {
    const isAbsent =
      (name === "payloads" && payloadsApart) || (lightconeTrace === 2 && ADDED.includes(name));
    const size = isAbsent ? 0 : sections?.[name];
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
