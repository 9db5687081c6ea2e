/**
 * Encodes the details of a trace: those of packets in columns with the payloads apart, all others as JSON. A
 * reader creates a detail only when it is asked for, so that a large trace opens at once.
 */
import { LightconeError } from "../base/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { PacketDetail } from "./packet.ts";
import type { Details } from "./trace.ts";

/** The encoded details. */
export interface EncodedDetails {
  /** One byte for each detail: 1 for a packet, 0 for JSON. */
  readonly shapes: Uint8Array;
  /** A JSON array of the strings that packets refer to. */
  readonly words: Uint8Array;
  /** The packets' columns, one after the other. */
  readonly packets: Uint8Array;
  /** A JSON array of the other details, in order. */
  readonly others: Uint8Array;
  /** The payloads of the packets, in order, without separators. */
  readonly payloads: Uint8Array;
}

/** The numbers stored for each packet. The order is part of the format. */
const COLUMNS = [
  "protocol",
  "from",
  "to",
  "fromPort",
  "toPort",
  "flags",
  "bytes",
  "connection",
  "repeats",
  "reason",
  "payload",
] as const;
type Column = (typeof COLUMNS)[number];

/** Encodes details. They must be plain data, apart from payloads. */
export function encodeDetails(details: Details): EncodedDetails {
  const shapes = new Uint8Array(details.length);
  const words: string[] = [];
  const known = new Map<string, number>();
  const wordOf = (text: string | undefined): number => {
    if (text === undefined) return 0;
    let index = known.get(text);
    if (index === undefined) known.set(text, (index = words.push(text)));
    return index;
  };
  const columns = COLUMNS.map(() => new ByteWriter());
  const payloads = new ByteWriter();
  const others: unknown[] = [];
  for (let index = 0; index < details.length; index++) {
    const detail = details.at(index);
    if (!isPacket(detail)) {
      others.push(detail);
      continue;
    }
    shapes[index] = 1;
    const { payload } = detail;
    const numbers: Record<Column, number> = {
      protocol: wordOf(detail.protocol),
      from: wordOf(detail.from),
      to: wordOf(detail.to),
      fromPort: detail.fromPort,
      toPort: detail.toPort,
      flags: wordOf(detail.flags),
      bytes: detail.bytes,
      connection: detail.connection,
      repeats: detail.repeats ?? 0,
      reason: wordOf(detail.reason),
      // One more than the length; zero means that there is no payload.
      payload: payload === undefined ? 0 : payload.length + 1,
    };
    COLUMNS.forEach((column, at) => columns[at]?.varint(numbers[column]));
    if (payload !== undefined) payloads.bytes(payload);
  }
  const packets = new ByteWriter();
  for (const column of columns) packets.bytes(column.finish());
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  return {
    shapes,
    words: json(words),
    packets: packets.finish(),
    others: json(others),
    payloads: payloads.finish(),
  };
}

function isPacket(detail: unknown): detail is PacketDetail {
  const { protocol, connection, flags } = (detail ?? {}) as Partial<PacketDetail>;
  return typeof protocol === "string" && typeof connection === "number" && flags !== undefined;
}

/**
 * Decodes details. Throws `LC_BAD_TRACE` if they are damaged. `apart`: the payloads are stored elsewhere, and packets
 * have none; `payloadRange` says where each lies.
 */
export function decodeDetails(encoded: EncodedDetails, apart = false): Details {
  const { shapes, payloads } = encoded;
  const words = parse(encoded.words) as string[];
  const others = parse(encoded.others) as unknown[];
  const count = shapes.reduce((sum, shape) => sum + shape, 0);
  const reader = new ByteReader(encoded.packets);
  const table = {} as Record<Column, Float64Array>;
  for (const column of COLUMNS) {
    const values = new Float64Array(count);
    reader.column(values);
    table[column] = values;
  }
  const payloadAt = new Float64Array(count + 1);
  for (let row = 0; row < count; row++) {
    const length = Math.max(0, (table.payload[row] as number) - 1);
    payloadAt[row + 1] = (payloadAt[row] as number) + length;
  }
  const isShort = !apart && (payloadAt[count] as number) > payloads.length;
  if (isShort || others.length !== shapes.length - count) {
    throw new LightconeError("LC_BAD_TRACE", "the trace's details are damaged");
  }
  // The position of each detail among those of its shape.
  const position = new Uint32Array(shapes.length);
  const seen = [0, 0];
  for (let index = 0; index < shapes.length; index++) {
    const shape = shapes[index] as number;
    position[index] = seen[shape] as number;
    seen[shape] = (seen[shape] as number) + 1;
  }
  const packet = (row: number): PacketDetail => {
    const number = (column: Column): number => table[column][row] as number;
    const word = (column: Column): string => words[number(column) - 1] ?? "";
    return {
      protocol: word("protocol") as PacketDetail["protocol"],
      from: word("from"),
      to: word("to"),
      fromPort: number("fromPort"),
      toPort: number("toPort"),
      flags: word("flags"),
      bytes: number("bytes"),
      connection: number("connection"),
      ...(number("repeats") > 0 && { repeats: number("repeats") }),
      ...(number("reason") > 0 && { reason: word("reason") }),
      ...(!apart &&
        number("payload") > 0 && {
          payload: payloads.subarray(payloadAt[row], payloadAt[row + 1]),
        }),
    };
  };
  return {
    length: shapes.length,
    at(index) {
      const row = position[index];
      if (row === undefined) return undefined;
      return shapes[index] === 1 ? packet(row) : others[row];
    },
    payloadRange(index) {
      const row = position[index];
      if (row === undefined || shapes[index] !== 1 || table.payload[row] === 0) return undefined;
      return [payloadAt[row] as number, payloadAt[row + 1] as number];
    },
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new LightconeError("LC_BAD_TRACE", "the trace's details are damaged");
  }
}
