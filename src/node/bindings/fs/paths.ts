/**
 * Converts names between JavaScript and the disk. The disk's names are byte strings: one character
 * per byte.
 */
import { Buffer } from "node:buffer";

// oxlint-disable-next-line no-control-regex
const ascii = /^[\x00-\x7f]*$/;

/** Converts a program's path or name to a byte string. */
export function toBytes(path: string | Uint8Array): string {
  if (typeof path === "string") {
    return ascii.test(path) ? path : Buffer.from(path).toString("latin1");
  }
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString("latin1");
}

/** Converts a name of the disk to the encoding that a program requested. */
export function fromBytes(name: string, encoding: unknown): string | Buffer {
  if (encoding === "buffer") return Buffer.from(name, "latin1");
  if (encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8") {
    return ascii.test(name) ? name : Buffer.from(name, "latin1").toString();
  }
  return Buffer.from(name, "latin1").toString(encoding as BufferEncoding);
}
