/** The payload of DUMP: a value, the version of the format, and a checksum over both. */
import type { Limits } from "../config.ts";
import type { Value } from "../values/value.ts";
import { ByteReader, CorruptError, littleEndian } from "./bytes.ts";
import { crc64 } from "./crc64.ts";
import { loadValue } from "./load-value.ts";
import { saveValue, type SaveOptions } from "./save-value.ts";
import { RDB_VERSION } from "./types.ts";

const FOOTER_BYTES = 10;

/** Appends the version and the checksum to a payload. */
export function sealed(body: string): string {
  const versioned = body + littleEndian(RDB_VERSION, 2);
  return versioned + crc64(versioned);
}

/** Returns the body of a payload, or undefined if its version or checksum is wrong. */
export function unsealed(payload: string): string | undefined {
  if (payload.length < FOOTER_BYTES) return undefined;
  const end = payload.length - FOOTER_BYTES;
  const version = payload.charCodeAt(end) + payload.charCodeAt(end + 1) * 256;
  if (version > RDB_VERSION) return undefined;
  if (payload.slice(end + 2) !== crc64(payload, end + 2)) return undefined;
  return payload.slice(0, end);
}

export function dumpValue(value: Value, options: SaveOptions): string {
  return sealed(saveValue(value, options));
}

/** Returns the value in a payload's body. Throws {@link CorruptError}. */
export function restoreValue(body: string, limits: Limits): Value {
  const reader = new ByteReader(body);
  const value = loadValue(reader.take(1), reader, limits);
  if (reader.left !== 0) throw new CorruptError("bytes are left over");
  return value;
}
