/** Names between JavaScript and the disk, whose names are bytes: one character of a string for each. */

// oxlint-disable-next-line no-control-regex
const ascii = /^[\x00-\x7f]*$/;

/** A path or name that a program gave, as bytes. */
export function toBytes(path: string | Uint8Array): string {
  if (typeof path === "string") {
    return ascii.test(path) ? path : Buffer.from(path).toString("latin1");
  }
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString("latin1");
}

/** A name of the disk in the encoding that a program asked for. */
export function fromBytes(name: string, encoding: unknown): string | Buffer {
  if (encoding === "buffer") return Buffer.from(name, "latin1");
  if (encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8") {
    return ascii.test(name) ? name : Buffer.from(name, "latin1").toString();
  }
  return Buffer.from(name, "latin1").toString(encoding as BufferEncoding);
}
