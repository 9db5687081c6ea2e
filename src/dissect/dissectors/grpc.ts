/** Dissects the body of a gRPC call: length-prefixed messages in Protocol Buffers, cut anywhere into frames. */
import { concatBytes } from "../../base/bytes.ts";
import { moved } from "../content/content.ts";
import { protobufFields, protobufSummary } from "../content/protobuf.ts";
import type { Field } from "../message.ts";
import { decodeText, oneLine, size, unescaped } from "../text.ts";

const PREFIX = 5;
const statuses = [
  ...["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND"],
  ...[
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
  ],
  ...["OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"],
];

/** "NOT_FOUND no such cart": the name of a status, and its message. */
export function grpcStatus(code: string, message = ""): string {
  const name = statuses[Number(code)] ?? code;
  return message === "" || message === name ? name : `${name} ${unescaped(message)}`;
}

/** The messages of one direction of one call. */
export class GrpcBody {
  #rest: Uint8Array = new Uint8Array(0);

  /** Takes the data of a frame, whose first byte is at `start`; returns the messages that it completes. */
  push(part: Uint8Array, start: number, encoding = ""): { summary: string; fields: Field[] } {
    const held = this.#rest.length;
    const bytes = held === 0 ? part : concatBytes([this.#rest, part]);
    const fields: Field[] = [];
    const summaries: string[] = [];
    let at = 0;
    while (at + PREFIX <= bytes.length) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, PREFIX);
      const length = view.getUint32(1);
      const end = at + PREFIX + length;
      if (end > bytes.length) break;
      const isCompressed = view.getUint8(0) === 1;
      const message = grpcMessage(bytes, at + PREFIX, end, isCompressed ? encoding : "");
      summaries.push(message.value);
      const shift = start - held;
      // What came in earlier frames has no place in this one.
      const placed = (from: number, to: number): { start: number; end: number } => ({
        start: Math.max(start, from + shift),
        end: Math.max(start, to + shift),
      });
      fields.push(moved({ ...message, start: at, end }, placed));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return { summary: summaries.join(" "), fields };
  }
}

function grpcMessage(bytes: Uint8Array, start: number, end: number, encoding: string): Field {
  const at = { name: "message", start, end };
  if (encoding !== "") return { ...at, value: `${size(end - start)} ${encoding}` };
  try {
    const children = protobufFields(bytes, start, end);
    return { ...at, value: protobufSummary(children), children };
  } catch {
    return { ...at, value: `${size(end - start)} ${oneLine(decodeText(bytes, start, end), 40)}` };
  }
}
