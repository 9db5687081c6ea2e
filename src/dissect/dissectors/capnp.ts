/**
 * Dissects Cap'n Proto messages: the framing and the structure of pointers, which the bytes tell without a schema.
 * Messages of its RPC protocol are named where the root has that protocol's shape.
 */
import { type Dissector, type Field, Malformed, type ReadMessage } from "../message.ts";
import { hex, isText, showBytes, size } from "../text.ts";

const SEGMENTS_MAX = 512;
const WORDS_MAX = 1 << 27;
const NODES_MAX = 400;
const DEPTH_MAX = 24;

const rpc = [
  ...["unimplemented", "abort", "call", "return", "finish", "resolve", "release", "", "bootstrap"],
  ...["", "provide", "accept", "join", "disembargo"],
];

export const capnp: Dissector = {
  name: "capnp",
  title: "Cap'n Proto",
  ports: [],
  over: "stream",
  filters: ["capnp.type", "capnp.id", "capnp.interface", "capnp.method"],
  looks(bytes) {
    const frame = frameAt(bytes, 0);
    if (!frame || frame.end > bytes.length || frame.segments.length > 16) return 0;
    const [first] = frame.segments;
    if (!first || first.end - first.start < 16) return 0;
    const root = new Pointer(bytes, first.start);
    // The root is a struct right behind its pointer, within its segment.
    const fits = root.kind === 0 && root.offset >= 0 && root.low + root.high > 0;
    const end = first.start + 8 * (1 + root.offset + root.low + root.high);
    return fits && end <= first.end ? 2 : 0;
  },
  open: () => ({
    read(bytes, at) {
      const frame = frameAt(bytes, at);
      if (!frame || frame.end > bytes.length) return undefined;
      return message(bytes, at, frame);
    },
  }),
};

interface Segment {
  readonly start: number;
  readonly end: number;
}

interface Frame {
  readonly segments: readonly Segment[];
  readonly headEnd: number;
  readonly end: number;
}

/** The table of segments at the beginning of a message; `undefined` if there are too few bytes. */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const count = view.getUint32(0, true) + 1;
  if (count > SEGMENTS_MAX) throw new Malformed("too many segments");
  const head = Math.ceil((4 + 4 * count) / 8) * 8;
  if (head > view.byteLength) return undefined;
  const segments: Segment[] = [];
  let start = at + head;
  for (let i = 0; i < count; i++) {
    const words = view.getUint32(4 + 4 * i, true);
    if (words > WORDS_MAX) throw new Malformed("too large a segment");
    segments.push({ start, end: start + words * 8 });
    start += words * 8;
  }
  return { segments, headEnd: at + head, end: start };
}

/** A pointer: what kind it is (0 struct, 1 list, 2 far, 3 capability), and the numbers in it. */
class Pointer {
  readonly kind: number;
  readonly isNull: boolean;
  /** In words, from the end of the pointer. */
  readonly offset: number;
  /** A struct's words of data; a list's size of elements. */
  readonly low: number;
  /** A struct's pointers; a list's number of elements. */
  readonly high: number;
  readonly isDouble: boolean;
  readonly raw: readonly [number, number];

  constructor(bytes: Uint8Array, at: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
    const [low, high] = [view.getUint32(0, true), view.getUint32(4, true)];
    this.raw = [low, high];
    this.kind = low & 3;
    this.isNull = low === 0 && high === 0;
    this.offset = (low | 0) >> 2;
    this.isDouble = (low & 4) !== 0;
    this.low = this.kind === 0 ? high & 0xffff : high & 7;
    this.high = this.kind === 0 ? high >>> 16 : high >>> 3;
  }
}

function message(bytes: Uint8Array, start: number, frame: Frame): ReadMessage {
  const { segments, headEnd, end } = frame;
  const table = {
    name: "segments",
    value: segments.map((s) => size(s.end - s.start)).join(", "),
    start,
    end: headEnd,
  };
  const walk = new Walk(bytes, segments);
  const root = walk.pointer("root", 0, headEnd, 0);
  const told = rpcMessage(bytes, frame);
  return {
    protocol: capnp.name,
    role: told?.role ?? "other",
    summary: told?.summary ?? `Cap'n Proto ${size(end - start)} ${root?.value ?? "nothing"}`,
    start,
    end,
    fields: [table, ...(root ? [root] : [])],
    flat: told?.flat ?? {},
    pair: told?.pair,
  };
}

/** Follows the pointers of a message. */
class Walk {
  readonly #bytes: Uint8Array;
  readonly #segments: readonly Segment[];
  #nodes = 0;

  constructor(bytes: Uint8Array, segments: readonly Segment[]) {
    this.#bytes = bytes;
    this.#segments = segments;
  }

  /** The field of the pointer at `at` in segment number `segment`; none if it is null. */
  pointer(name: string, segment: number, at: number, depth: number): Field | undefined {
    const bounds = this.#segments[segment];
    if (!bounds || at < bounds.start || at + 8 > bounds.end || ++this.#nodes > NODES_MAX)
      return undefined;
    const pointer = new Pointer(this.#bytes, at);
    const bad = (value: string): Field => ({ name, value, start: at, end: at + 8 });
    if (pointer.isNull) return undefined;
    if (depth > DEPTH_MAX) return bad("nested too deep");
    if (pointer.kind === 3) return bad(`capability ${pointer.raw[1]}`);
    if (pointer.kind === 2) return this.#far(name, pointer, at, depth);
    const target = at + 8 + pointer.offset * 8;
    return this.#target(name, pointer, segment, target, depth) ?? bad("out of bounds");
  }

  #far(name: string, pointer: Pointer, at: number, depth: number): Field | undefined {
    const segment = pointer.raw[1];
    const bounds = this.#segments[segment];
    const landing = (bounds?.start ?? 0) + (pointer.raw[0] >>> 3) * 8;
    const bad = { name, value: "out of bounds", start: at, end: at + 8 };
    if (!bounds || landing + (pointer.isDouble ? 16 : 8) > bounds.end) return bad;
    if (!pointer.isDouble) return this.pointer(name, segment, landing, depth + 1) ?? bad;
    // The landing pad has a far pointer to the content, and a tag that says what it is.
    const place = new Pointer(this.#bytes, landing);
    const tag = new Pointer(this.#bytes, landing + 8);
    const target = (this.#segments[place.raw[1]]?.start ?? 0) + (place.raw[0] >>> 3) * 8;
    return this.#target(name, tag, place.raw[1], target, depth) ?? bad;
  }

  #target(
    name: string,
    pointer: Pointer,
    segment: number,
    start: number,
    depth: number,
  ): Field | undefined {
    return pointer.kind === 0
      ? this.#struct(name, pointer, segment, start, depth)
      : this.#list(name, pointer, segment, start, depth);
  }

  #struct(
    name: string,
    { low: dataWords, high: pointers }: { low: number; high: number },
    segment: number,
    start: number,
    depth: number,
  ): Field | undefined {
    const bounds = this.#segments[segment];
    const end = start + (dataWords + pointers) * 8;
    if (!bounds || start < bounds.start || end > bounds.end) return undefined;
    const children: Field[] = [];
    for (let i = 0; i < Math.min(dataWords, 64); i++) {
      const at = start + i * 8;
      children.push({ name: `data ${i}`, value: this.#word(at), start: at, end: at + 8 });
    }
    for (let i = 0; i < pointers; i++) {
      const child = this.pointer(`pointer ${i}`, segment, start + (dataWords + i) * 8, depth + 1);
      if (child) children.push(child);
    }
    return {
      name,
      value: `struct of ${dataWords} words, ${pointers} pointers`,
      start,
      end,
      children,
    };
  }

  #word(at: number): string {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, 8);
    return `0x${view.getBigUint64(0, true).toString(16).padStart(16, "0")}`;
  }

  #list(
    name: string,
    { low: kind, high: count }: { low: number; high: number },
    segment: number,
    start: number,
    depth: number,
  ): Field | undefined {
    const bounds = this.#segments[segment];
    const bits = [0, 1, 8, 16, 32, 64, 64, 0][kind] as number;
    const end = kind === 7 ? start + 8 + count * 8 : start + Math.ceil((count * bits) / 8);
    if (!bounds || start < bounds.start || end > bounds.end) return undefined;
    if (kind === 7) return this.#structs(name, segment, start, end, depth);
    if (kind === 6) {
      const children: Field[] = [];
      for (let i = 0; i < count && this.#nodes < NODES_MAX; i++) {
        const child = this.pointer(String(i), segment, start + i * 8, depth + 1);
        if (child) children.push(child);
      }
      return { name, value: `list of ${count} pointers`, start, end, children };
    }
    const isZeroEnded = kind === 2 && count > 0 && this.#bytes[end - 1] === 0;
    if (isZeroEnded && isText(this.#bytes, start, end - 1)) {
      return { name, value: JSON.stringify(showBytes(this.#bytes, start, end - 1)), start, end };
    }
    return {
      name,
      value: `list of ${count} × ${bits} bits ${hex(this.#bytes, start, end)}`.trimEnd(),
      start,
      end,
    };
  }

  /** A list of structs, whose common shape a tag before them tells. */
  #structs(name: string, segment: number, start: number, end: number, depth: number): Field {
    const tag = new Pointer(this.#bytes, start);
    const step = (tag.low + tag.high) * 8;
    const children: Field[] = [];
    for (let i = 0; i < tag.offset && this.#nodes < NODES_MAX; i++) {
      const child = this.#struct(String(i), tag, segment, start + 8 + i * step, depth + 1);
      if (!child || ++this.#nodes > NODES_MAX) break;
      children.push(child);
    }
    return { name, value: `list of ${tag.offset} structs`, start, end, children };
  }
}

/** A message of Cap'n Proto's RPC: a root of one word and one pointer, with the kind in the first two bytes. */
function rpcMessage(
  bytes: Uint8Array,
  { segments, headEnd }: Frame,
): Pick<ReadMessage, "role" | "summary" | "flat" | "pair"> | undefined {
  const [first] = segments;
  if (!first || first.end - headEnd < 32) return undefined;
  const root = new Pointer(bytes, headEnd);
  if (root.kind !== 0 || root.low !== 1 || root.high !== 1) return undefined;
  const data = headEnd + 8 * (1 + root.offset);
  if (data < headEnd || data + 16 > first.end) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const type = rpc[view.getUint16(data, true)] ?? "";
  const inner = new Pointer(bytes, data + 8);
  const body = data + 16 + inner.offset * 8;
  if (type === "" || inner.kind !== 0 || inner.low < 1 || body + inner.low * 8 > first.end)
    return undefined;
  const id = view.getUint32(body, true);
  const flat: Record<string, string | number> = { "capnp.type": type, "capnp.id": id };
  if (type === "call" && inner.low >= 3) {
    const method = view.getUint16(body + 4, true);
    const face = `0x${view.getBigUint64(body + 8, true).toString(16)}`;
    flat["capnp.interface"] = face;
    flat["capnp.method"] = method;
    return {
      role: "request",
      summary: `call #${id} ${face} method ${method}`,
      flat,
      pair: `#${id}`,
    };
  }
  const role = type === "bootstrap" ? "request" : type === "return" ? "reply" : "other";
  return { role, summary: `${type} #${id}`, flat, pair: role === "other" ? undefined : `#${id}` };
}
