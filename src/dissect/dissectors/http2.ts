/**
 * Dissects HTTP/2: a message for each frame, headers decompressed (HPACK), bodies joined by their stream, gRPC
 * messages in them decoded.
 */
import { concatBytes } from "../../base/bytes.ts";
import { HpackDecoder } from "../../wire/http2/hpack.ts";
import { contentOf } from "../content/content.ts";
import {
  type Dissector,
  type Field,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { Reader } from "../reader.ts";
import { latin, oneLine, size } from "../text.ts";
import { GrpcBody, grpcStatus } from "./grpc.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD = 9;
const FRAME_MAX = 1 << 24;
const BODY_MAX = 1 << 20;
/** No peer is known to allow a larger table. A smaller limit would reject what the other side has allowed. */
const TABLE_MAX = 1 << 20;

const types = [
  ...["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY"],
  ...["WINDOW_UPDATE", "CONTINUATION"],
];
const settings = [
  ...["", "HEADER_TABLE_SIZE", "ENABLE_PUSH", "MAX_CONCURRENT_STREAMS", "INITIAL_WINDOW_SIZE"],
  ...["MAX_FRAME_SIZE", "MAX_HEADER_LIST_SIZE", "", "ENABLE_CONNECT_PROTOCOL"],
];
const errors = [
  ...["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT"],
  ...["STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR"],
  ...["CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"],
];
const END_STREAM = 1;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 32;

export const http2: Dissector = {
  name: "http2",
  title: "HTTP/2",
  ports: [50_051],
  over: "stream",
  filters: ["http2.stream", "http2.type", "grpc.method", "grpc.status"],
  looks(bytes, side) {
    const text = latin(bytes, 0, Math.min(bytes.length, PREFACE.length));
    if (text.startsWith("PRI * HTTP/2")) return 3;
    if (bytes.length < HEAD || !isFrame(bytes, 0)) return 0;
    // A server begins with its settings.
    return bytes[3] === 4 && side === 1 && isFrameAfter(bytes, 0)
      ? 3
      : isFrameAfter(bytes, 0)
        ? 2
        : 1;
  },
  open: () => new Http2Session(),
};

/** Whether a frame may begin at `at`: a known type, a length and flags that fit to it. */
function isFrame(bytes: Uint8Array, at: number): boolean {
  if (at + HEAD > bytes.length) return false;
  const length = lengthAt(bytes, at);
  const type = bytes[at + 3] as number;
  const stream = new Reader(bytes, at).peek(4, at + 5);
  if (type > 9 || stream >= 2 ** 31 || length > 1 << 20) return false;
  if ([4, 6, 7].includes(type) !== (stream === 0) && type !== 8) return false;
  if (type === 4) return length % 6 === 0 && length <= 120;
  const fixed: Readonly<Record<number, number>> = { 2: 5, 3: 4, 6: 8, 8: 4 };
  return fixed[type] === undefined || fixed[type] === length;
}

/** Whether the frame at `at` is followed by another one, or by the end of what is there. */
function isFrameAfter(bytes: Uint8Array, at: number): boolean {
  const next = at + HEAD + lengthAt(bytes, at);
  return (
    next === bytes.length ||
    (next < bytes.length && (bytes.length < next + HEAD || isFrame(bytes, next)))
  );
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
  );
}

/** What one side has sent on a stream. */
interface Half {
  readonly headers: Map<string, string>;
  readonly parts: Uint8Array[];
  length: number;
  grpc: GrpcBody | undefined;
}

/** The frames of one connection. */
export class Http2Session implements Session {
  readonly #decoders = [decoder(), decoder()];
  /** Whether the state of a side's compression is unknown. */
  readonly #lost = [false, false];
  /** A header block that continues in the next frame. */
  readonly #blocks: (Uint8Array[] | undefined)[] = [];
  readonly #halves = new Map<string, Half>();

  read(bytes: Uint8Array, at: number, side: Side): ReadMessage | undefined {
    if (side === 0 && bytes[at] === 0x50 && latin(bytes, at, at + 3) === "PRI") {
      if (at + PREFACE.length > bytes.length) return undefined;
      const end = at + PREFACE.length;
      const fields = [{ name: "preface", value: "HTTP/2", start: at, end }];
      const summary = "HTTP/2 preface";
      return { protocol: http2.name, role: "other", summary, start: at, end, fields, flat: {} };
    }
    if (at + HEAD > bytes.length) return undefined;
    const length = lengthAt(bytes, at);
    if (length > FRAME_MAX) throw new Malformed("no such length");
    const end = at + HEAD + length;
    if (end > bytes.length) return undefined;
    const reader = new Reader(bytes, at, end);
    reader.uint("length", 3);
    const type = reader.uint("type", 1, (value) => types[value] ?? `0x${value.toString(16)}`);
    const flags = reader.uint("flags", 1, (value) => `0x${value.toString(16).padStart(2, "0")}`);
    const stream = reader.uint("stream", 4, (value) => String(value % 2 ** 31)) % 2 ** 31;
    const name = types[type] ?? `frame 0x${type.toString(16)}`;
    const frame: Frame = { reader, side, type, flags, stream, name };
    let told: Told = { summary: name };
    reader.attempt(() => {
      told = this.#frame(frame);
      if (reader.left > 0) reader.raw("padding");
    });
    return {
      protocol: http2.name,
      role: told.role ?? "other",
      summary: oneLine(told.summary),
      start: at,
      end,
      fields: reader.fields,
      flat: { "http2.type": name, ...(stream > 0 && { "http2.stream": stream }), ...told.flat },
      pair: told.pair ?? (stream > 0 ? `stream ${stream}` : undefined),
      minor: /^(SETTINGS|WINDOW_UPDATE|PING|PRIORITY)$/.test(name),
    };
  }

  sync(bytes: Uint8Array, at: number): number {
    for (let i = at; i + HEAD <= bytes.length; i++) {
      if (isFrame(bytes, i) && isFrameAfter(bytes, i)) return i;
    }
    return -1;
  }

  gap(side: Side): void {
    this.#blocks[side] = undefined;
  }

  #half(side: Side, stream: number): Half {
    const key = `${side} ${stream}`;
    let half = this.#halves.get(key);
    if (!half) {
      half = { headers: new Map(), parts: [], length: 0, grpc: undefined };
      this.#halves.set(key, half);
    }
    return half;
  }

  #frame(frame: Frame): Told {
    const { reader, type, flags, stream, name } = frame;
    switch (type) {
      case 0:
        return this.#data(frame);
      case 1:
      case 5:
      case 9:
        return this.#headers(frame);
      case 3: {
        const error = reader.uint("error", 4, errorName);
        return { summary: `RST_STREAM ${errorName(error)} (stream ${stream})` };
      }
      case 4: {
        if ((flags & 1) !== 0)
          return { summary: "SETTINGS ack", role: "reply", pair: ack(frame, "settings") };
        while (reader.left >= 6) setting(reader);
        return { summary: "SETTINGS", role: "request", pair: own(frame, "settings") };
      }
      case 6: {
        reader.raw("data", 8);
        const isAck = (flags & 1) !== 0;
        return isAck
          ? { summary: "PING ack", role: "reply", pair: ack(frame, "ping") }
          : { summary: "PING", role: "request", pair: own(frame, "ping") };
      }
      case 7: {
        const last = reader.uint("last stream", 4);
        const error = reader.uint("error", 4, errorName);
        reader.raw("debug data");
        return { summary: `GOAWAY ${errorName(error)}, last stream ${last}` };
      }
      case 8: {
        const increment = reader.uint("increment", 4);
        return { summary: `WINDOW_UPDATE +${increment}${stream > 0 ? ` (stream ${stream})` : ""}` };
      }
      default:
        reader.raw("payload");
        return { summary: name };
    }
  }

  #headers(frame: Frame): Told {
    const { reader, side, type, flags, stream } = frame;
    const padding = type !== 9 && (flags & PADDED) !== 0 ? reader.uint("padding length", 1) : 0;
    if (type === 1 && (flags & PRIORITY) !== 0) reader.raw("priority", 5);
    const promised = type === 5 ? reader.uint("promised stream", 4) % 2 ** 31 : stream;
    const start = reader.skip(reader.left - padding);
    const part = reader.bytes.subarray(start, reader.at);
    const parts = type === 9 ? (this.#blocks[side] ?? []) : [];
    parts.push(part);
    if ((flags & END_HEADERS) === 0) {
      this.#blocks[side] = parts;
      reader.note("header block fragment", size(part.length), start);
      return { summary: `${frame.name} fragment (stream ${stream})` };
    }
    this.#blocks[side] = undefined;
    const { fields, error } = this.#decode(side, concatBytes(parts));
    const half = this.#half(type === 5 ? 0 : side, promised);
    const lines: Field[] = [];
    for (const [name, value] of fields) {
      half.headers.set(name, value);
      lines.push({ name, value: oneLine(value, 200), start, end: reader.at });
    }
    if (error !== undefined)
      lines.push({ name: "unreadable", value: error, start, end: reader.at });
    reader.note("headers", `${fields.length} headers`, start, lines);
    return this.#toldHeaders(frame, new Map(fields), type === 5 ? promised : stream);
  }

  #decode(
    side: Side,
    block: Uint8Array,
  ): { fields: (readonly [string, string])[]; error?: string } {
    const fields: (readonly [string, string])[] = [];
    if (this.#lost[side]) return { fields, error: "the state of the compression is unknown" };
    try {
      (this.#decoders[side] as HpackDecoder).decode(block, (name, value) =>
        fields.push([name, value]),
      );
      return { fields };
    } catch (error) {
      this.#lost[side] = true;
      return { fields, error: (error as Error).message };
    }
  }

  #toldHeaders(frame: Frame, headers: ReadonlyMap<string, string>, stream: number): Told {
    const { type, side, flags } = frame;
    const where = `(stream ${stream})`;
    const method = headers.get(":method");
    const status = headers.get(":status");
    const pair = `stream ${stream}`;
    const flat: Record<string, string | number> = this.#about(side, stream);
    const grpc = headers.get("grpc-status");
    if (grpc !== undefined) flat["grpc.status"] = Number(grpc);
    const trailer =
      grpc === undefined ? "" : ` gRPC ${grpcStatus(grpc, headers.get("grpc-message"))}`;
    if (method !== undefined) {
      const summary = `${type === 5 ? "PUSH_PROMISE " : ""}${method} ${headers.get(":path") ?? ""} ${where}`;
      return { summary, role: type === 5 ? "other" : "request", flat, pair };
    }
    if (status !== undefined) {
      flat["http.status"] = Number(status);
      const isFinal = Number(status) >= 200;
      return {
        summary: `${status}${trailer} ${where}`,
        role: isFinal ? "reply" : "other",
        flat,
        pair,
      };
    }
    const kind = headers.size === 0 ? "HEADERS" : "trailers";
    return {
      summary: `${kind}${trailer} ${where}`,
      flat,
      pair,
      role: (flags & END_STREAM) !== 0 && side === 1 ? "reply" : "other",
    };
  }

  /** What the request of a stream asked for, for filters. */
  #about(side: Side, stream: number): Record<string, string | number> {
    const { headers } = this.#half(0, stream);
    const flat: Record<string, string | number> = {};
    const path = headers.get(":path");
    if (path !== undefined) {
      flat["http.method"] = headers.get(":method") ?? "";
      flat["http.path"] = path;
      if (/grpc/.test(headers.get("content-type") ?? "")) flat["grpc.method"] = path;
    }
    const type = this.#half(side, stream).headers.get("content-type");
    if (type !== undefined) flat["http.type"] = type;
    return flat;
  }

  #data(frame: Frame): Told {
    const { reader, side, flags, stream } = frame;
    const padding = (flags & PADDED) !== 0 ? reader.uint("padding length", 1) : 0;
    const start = reader.skip(reader.left - padding);
    const end = reader.at;
    const part = reader.bytes.subarray(start, end);
    const half = this.#half(side, stream);
    const type = half.headers.get("content-type") ?? "";
    const flat = this.#about(side, stream);
    const where = `(stream ${stream})`;
    const isLast = (flags & END_STREAM) !== 0;
    if (type.startsWith("application/grpc")) {
      half.grpc ??= new GrpcBody();
      const { summary, fields } = half.grpc.push(part, start, half.headers.get("grpc-encoding"));
      reader.note("gRPC", size(part.length), start, fields);
      return {
        summary: summary === "" ? `DATA ${size(part.length)} ${where}` : `gRPC ${summary} ${where}`,
        flat,
      };
    }
    half.length += part.length;
    if (half.length <= BODY_MAX) half.parts.push(part);
    if (!isLast && half.length < BODY_MAX && !isWhole(half, type)) {
      reader.note("data", size(part.length), start);
      return { summary: `DATA ${size(part.length)} ${where}`, flat };
    }
    const whole = concatBytes(half.parts);
    const { length } = half.parts;
    half.parts.length = 0;
    half.length = 0;
    const content = contentOf(whole, {
      type,
      encoding: half.headers.get("content-encoding") ?? "",
      place: length === 1 ? { offset: start } : { start, end },
    });
    reader.note("data", size(part.length), start, content.fields);
    return {
      summary: `DATA ${content.summary || size(0)} ${where}`,
      flat: { ...flat, ...content.flat },
    };
  }
}

/** Whether a body is complete by its announced length, so that it is read before an empty last frame. */
function isWhole({ headers, length }: Half, type: string): boolean {
  return Number(headers.get("content-length") ?? -1) === length || /event-stream/.test(type);
}

interface Frame {
  readonly reader: Reader;
  readonly side: Side;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly name: string;
}

interface Told {
  readonly summary: string;
  readonly role?: ReadMessage["role"];
  readonly flat?: Readonly<Record<string, string | number>>;
  readonly pair?: string;
}

function own({ side }: Frame, what: string): string {
  return `${what} ${side}`;
}

function ack({ side }: Frame, what: string): string {
  return `${what} ${1 - side}`;
}

function setting(reader: Reader): void {
  const id = reader.peek(2);
  const value = reader.peek(4, reader.at + 2);
  const start = reader.skip(6);
  reader.note(settings[id] || `setting ${id}`, String(value), start);
}

function errorName(code: number): string {
  return errors[code] ?? `error ${code}`;
}

function decoder(): HpackDecoder {
  const decoder = new HpackDecoder();
  decoder.setMaxTableSize(TABLE_MAX);
  return decoder;
}
