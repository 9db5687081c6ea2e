/**
 * Decodes what clients send to a Redis server: arrays of bulk strings or inline commands, in chunks
 * of any size. Limits and messages are those of Redis 7 (networking.c).
 */
import { latin1 } from "./latin1.ts";
import { splitInline } from "./resp-inline.ts";

/**
 * The client violated the protocol. The server replies with the message, which is Redis's own, and
 * closes.
 */
export class ProtocolError extends Error {}

const CR = 13;
const LF = 10;
const INLINE_BYTES_MAX = 65_536;
const BULK_BYTES_MAX = 536_870_912;
const empty = new Uint8Array(0);

/**
 * An incremental decoder of requests. Pass bytes to `push`, then call `next` until it returns null.
 */
export class RequestDecoder {
  /**
   * Set to true once the client is authenticated. Unauthenticated clients may send only small
   * requests.
   */
  authenticated = true;
  /** `proto-max-bulk-len`. */
  bulkBytesMax: number = BULK_BYTES_MAX;
  #bytes: Uint8Array = empty;
  #at = 0;
  /**
   * Chunks that arrived while a large bulk string was incomplete. They are joined once, when it is
   * complete.
   */
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  /** The number of bytes that must be available before decoding is tried again. */
  #needed = 0;
  #args: string[] = [];
  /** The number of arguments still missing from the current request. 0 between requests. */
  #left = 0;
  /** Length of the current bulk string, or -1 if its header has not been read yet. */
  #bulkBytes = -1;

  /** Adds the next chunk from the socket. The decoder keeps a reference until it has been read. */
  push(chunk: Uint8Array): void {
    if (this.#partsBytes === 0 && this.#at === this.#bytes.length) {
      this.#bytes = chunk;
      this.#at = 0;
      return;
    }
    this.#parts.push(chunk);
    this.#partsBytes += chunk.length;
    if (this.#bytes.length - this.#at + this.#partsBytes >= this.#needed) this.#join();
  }

  /** The number of bytes received that are not yet part of a decoded request. */
  get pendingBytes(): number {
    return this.#bytes.length - this.#at + this.#partsBytes;
  }

  /**
   * Returns the next complete request, or null if more bytes are needed. Throws {@link
   * ProtocolError}.
   */
  next(): string[] | null {
    for (;;) {
      if (this.#left === 0) {
        if (this.#at >= this.#bytes.length) return null;
        if (this.#bytes[this.#at] !== 0x2a) {
          const line = this.#inline();
          if (line === null) return null;
          if (line.length > 0) return line;
          continue;
        }
        const count = this.#number(false);
        if (count === undefined) return null;
        if (count <= 0) continue;
        this.#left = count;
        this.#args = [];
      }
      return this.#bulks();
    }
  }

  #bulks(): string[] | null {
    const args = this.#args;
    while (this.#left > 0) {
      if (this.#bulkBytes < 0) {
        if (this.#at >= this.#bytes.length) return null;
        const mark = this.#bytes[this.#at] as number;
        if (mark !== 0x24) {
          throw new ProtocolError(`expected '$', got '${String.fromCharCode(mark)}'`);
        }
        const length = this.#number(true);
        if (length === undefined) return null;
        this.#bulkBytes = length;
      }
      const end = this.#at + this.#bulkBytes;
      if (end + 2 > this.#bytes.length) {
        this.#needed = this.#bulkBytes + 2;
        return null;
      }
      args.push(latin1(this.#bytes, this.#at, end));
      this.#at = end + 2;
      this.#bulkBytes = -1;
      this.#left--;
    }
    this.#needed = 0;
    this.#args = [];
    return args;
  }

  /**
   * Reads `*N\r
   * ` or `$N\r
   * ` at the cursor. Returns undefined if the line is incomplete.
   */
  #number(bulk: boolean): number | undefined {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    let value = 0;
    const start = at;
    for (; at < bytes.length; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at + 1 < bytes.length && bytes[at] === CR && at > start && at - start < 16) {
      this.#at = at + 2;
      return this.#checked(value, bulk);
    }
    return this.#oddNumber(bulk);
  }

  /** The rare cases of {@link #number}: an incomplete line, a sign, or an invalid number. */
  #oddNumber(bulk: boolean): number | undefined {
    const end = this.#bytes.indexOf(CR, this.#at);
    if (end < 0 || end + 1 >= this.#bytes.length) {
      if (end < 0 && this.#bytes.length - this.#at > INLINE_BYTES_MAX) {
        throw new ProtocolError(bulk ? "too big bulk count string" : "too big mbulk count string");
      }
      this.#needed = this.#bytes.length - this.#at + 1;
      return undefined;
    }
    const text = latin1(this.#bytes, this.#at + 1, end);
    const value = /^-?[0-9]{1,18}$/.test(text) && !/^-?0./.test(text) ? Number(text) : NaN;
    this.#at = end + 2;
    return this.#checked(value, bulk);
  }

  #checked(value: number, bulk: boolean): number {
    if (bulk) {
      if (!(value >= 0 && value <= this.bulkBytesMax)) {
        throw new ProtocolError("invalid bulk length");
      }
      if (!this.authenticated && value > 16_384) {
        throw new ProtocolError("unauthenticated bulk length");
      }
      return value;
    }
    if (!(value <= 2_147_483_647)) throw new ProtocolError("invalid multibulk length");
    if (!this.authenticated && value > 10) {
      throw new ProtocolError("unauthenticated multibulk length");
    }
    return value;
  }

  #inline(): string[] | null {
    const end = this.#bytes.indexOf(LF, this.#at);
    if (end < 0) {
      if (this.#bytes.length - this.#at > INLINE_BYTES_MAX) {
        throw new ProtocolError("too big inline request");
      }
      this.#needed = this.#bytes.length - this.#at + 1;
      return null;
    }
    const last = end > this.#at && this.#bytes[end - 1] === CR ? end - 1 : end;
    const words = splitInline(latin1(this.#bytes, this.#at, last));
    this.#at = end + 1;
    this.#needed = 0;
    if (words === null) throw new ProtocolError("unbalanced quotes in request");
    return words;
  }

  #join(): void {
    const rest = this.#bytes.subarray(this.#at);
    const out = new Uint8Array(rest.length + this.#partsBytes);
    out.set(rest, 0);
    let at = rest.length;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    this.#bytes =
      typeof Buffer === "undefined" ? out : Buffer.from(out.buffer, out.byteOffset, out.length);
    this.#at = 0;
    this.#parts = [];
    this.#partsBytes = 0;
  }
}
