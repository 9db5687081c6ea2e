/**
 * Decodes Protocol Buffers without a schema: field numbers and wire types are in the bytes, names are not. What
 * has a length may be text, a message or bytes; it is taken for the first of them that it can be.
 */
import { type Field, Malformed } from "../message.ts";
import { leb128 } from "../reader.ts";
import { hex, isText, showBytes } from "../text.ts";

const DEPTH_MAX = 16;
const FIELDS_MAX = 1_000;

/** The fields of a message. Throws {@link Malformed} if the bytes are not one. */
export function protobufFields(bytes: Uint8Array, start: number, end: number, depth = 0): Field[] {
  const fields: Field[] = [];
  const number = (at: number): { value: number; big: bigint; next: number } => {
    const read = leb128(bytes, at, end);
    if (!read) throw new Malformed("too short");
    return read;
  };
  for (let at = start; at < end;) {
    if (fields.length >= FIELDS_MAX) throw new Malformed("too many fields");
    const tag = number(at);
    const id = Number(tag.big >> 3n);
    if (id < 1 || id > 0x1fff_ffff) throw new Malformed(`field number ${id}`);
    const wire = tag.value % 8;
    let next: number;
    let value: string;
    let children: Field[] | undefined;
    if (wire === 0) {
      const read = number(tag.next);
      next = read.next;
      value = read.big >= 1n << 63n ? BigInt.asIntN(64, read.big).toString() : String(read.big);
    } else if (wire === 1 || wire === 5) {
      next = tag.next + (wire === 1 ? 8 : 4);
      if (next > end) throw new Malformed("too short");
      value = fixed(bytes, tag.next, wire === 1);
    } else if (wire === 2) {
      const length = number(tag.next);
      next = length.next + length.value;
      if (!(next <= end)) throw new Malformed("too short");
      ({ value, children } = delimited(bytes, length.next, next, depth));
    } else {
      throw new Malformed(`wire type ${wire}`);
    }
    fields.push({ name: String(id), value, start: at, end: next, ...(children && { children }) });
    at = next;
  }
  return fields;
}

/** Eight or four bytes: a number with a fraction if it looks like one, an integer if not. */
function fixed(bytes: Uint8Array, at: number, wide: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, wide ? 8 : 4);
  const float = wide ? view.getFloat64(0, true) : view.getFloat32(0, true);
  const size = Math.abs(float);
  if (float === 0 || (size > 1e-6 && size < 1e15))
    return String(Number(float.toPrecision(wide ? 15 : 7)));
  return String(wide ? view.getBigInt64(0, true) : view.getInt32(0, true));
}

function delimited(
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): { value: string; children?: Field[] } {
  if (start === end) return { value: '""' };
  if (isText(bytes, start, end)) return { value: JSON.stringify(showBytes(bytes, start, end)) };
  if (depth < DEPTH_MAX) {
    try {
      const children = protobufFields(bytes, start, end, depth + 1);
      return { value: protobufSummary(children), children };
    } catch {
      // It is no message, then.
    }
  }
  return { value: hex(bytes, start, end) };
}

/** A message in one line: `{1: "x", 2: 5}`. */
export function protobufSummary(fields: readonly Field[]): string {
  const shown = fields.slice(0, 6).map(({ name, value }) => `${name}: ${value}`);
  const line = `{${shown.join(", ")}${fields.length > 6 ? ", …" : ""}}`;
  return line.length > 60 ? `${line.slice(0, 58)}…}` : line;
}
