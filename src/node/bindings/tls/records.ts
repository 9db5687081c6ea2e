/**
 * TLS records and handshake messages inside a world. Their framing is that of TLS, so sizes and the
 * number of segments are as on a real network. Their content is not encrypted, since a world has no
 * eavesdroppers. A record after the key exchange has room for the content type and the tag of a
 * cipher. The tag is a checksum, so that a corrupted record is detected as it would be in reality.
 */
import { Buffer } from "node:buffer";

/** Content types. */
export const Content = { changeCipherSpec: 20, alert: 21, handshake: 22, application: 23 } as const;

/** Handshake message types. */
export const Message = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  certificateStatus: 22,
} as const;

const HEADER_BYTES = 5;
const TAG_BYTES = 16;
const NONCE_BYTES = 8;
const PLAIN_BYTES_MAX = 16_384;
/** The maximum payload of a record. */
const PAYLOAD_BYTES_MAX = PLAIN_BYTES_MAX + 2_048;

/** The protection of a record: none, as in TLS 1.2, or as in TLS 1.3. */
export type Protection = "none" | "tls12" | "tls13";

function checksum(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c_9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x0100_0193);
  return hash >>> 0;
}

/** Encodes content as records. */
export function encodeRecords(
  type: number,
  content: Uint8Array,
  protection: Protection,
  fragmentBytes: number = PLAIN_BYTES_MAX,
): Uint8Array[] {
  const records: Uint8Array[] = [];
  let at = 0;
  do {
    const piece = content.subarray(at, at + fragmentBytes);
    records.push(encodeRecord(type, piece, protection));
    at += piece.length;
  } while (at < content.length);
  return records;
}

function encodeRecord(type: number, content: Uint8Array, protection: Protection): Uint8Array {
  const before = protection === "tls12" ? NONCE_BYTES : 0;
  const after = protection === "none" ? 0 : TAG_BYTES + (protection === "tls13" ? 1 : 0);
  const length = before + content.length + after;
  const record = Buffer.alloc(HEADER_BYTES + length);
  record[0] = protection === "tls13" ? Content.application : type;
  record.writeUInt16BE(0x0303, 1);
  record.writeUInt16BE(length, 3);
  record.set(content, HEADER_BYTES + before);
  if (protection === "none") return record;
  const end = HEADER_BYTES + before + content.length;
  if (protection === "tls13") record[end] = type;
  const tagAt = record.length - TAG_BYTES;
  const tag = checksum(record, 0, tagAt);
  for (let at = tagAt; at < record.length; at += 4) record.writeUInt32BE(tag, at);
  return record;
}

/** A received record. */
export interface TlsRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/** The problem with received data. */
export type RecordProblem =
  | "wrongVersionNumber"
  | "httpRequest"
  | "httpsProxyRequest"
  | "badRecordMac";

/** Assembles records from the pieces in which bytes arrive. */
export class RecordReader {
  protection: Protection = "none";
  #held: Uint8Array = new Uint8Array(0);
  #first = true;

  push(bytes: Uint8Array): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
  }

  /** Returns the next whole record, or the problem, or `undefined` if more data is needed. */
  next(): TlsRecord | RecordProblem | undefined {
    const held = this.#held;
    if (held.length < HEADER_BYTES) return undefined;
    const length = ((held[3] as number) << 8) | (held[4] as number);
    if (
      held[1] !== 3 ||
      length > PAYLOAD_BYTES_MAX ||
      (held[0] as number) < 20 ||
      (held[0] as number) > 23
    ) {
      return this.#first ? foreign(held) : "wrongVersionNumber";
    }
    this.#first = false;
    const end = HEADER_BYTES + length;
    if (held.length < end) return undefined;
    this.#held = held.subarray(end);
    return this.#open(held.subarray(0, end));
  }

  #open(record: Uint8Array): TlsRecord | RecordProblem {
    const type = record[0] as number;
    // Change-cipher-spec is never protected. Nor is an alert of a peer that does not know of the
    // protection yet.
    const plain =
      this.protection === "none" ||
      type === Content.changeCipherSpec ||
      (type === Content.alert && record.length === HEADER_BYTES + 2);
    if (plain) return { type, content: record.subarray(HEADER_BYTES) };
    const tagAt = record.length - TAG_BYTES;
    const tls13 = this.protection === "tls13";
    const start = HEADER_BYTES + (tls13 ? 0 : NONCE_BYTES);
    const end = tagAt - (tls13 ? 1 : 0);
    if (end < start) return "badRecordMac";
    const tag = checksum(record, 0, tagAt);
    for (let at = tagAt; at < record.length; at++) {
      if (record[at] !== ((tag >>> (24 - 8 * ((at - tagAt) % 4))) & 0xff)) return "badRecordMac";
    }
    return { type: tls13 ? (record[end] as number) : type, content: record.subarray(start, end) };
  }
}

/** Classifies data that is not TLS. OpenSSL recognises some protocols by their first word. */
function foreign(bytes: Uint8Array): RecordProblem {
  const start = Buffer.from(bytes.subarray(0, HEADER_BYTES)).toString("latin1");
  if (/^(GET |POST |HEAD |PUT )/.test(start)) return "httpRequest";
  if (start.startsWith("CONNE")) return "httpsProxyRequest";
  return "wrongVersionNumber";
}

/**
 * Encodes one handshake message: its fields, additional bytes, and the size that it should have.
 */
export function encodeMessage(
  type: number,
  says: object,
  blobs: readonly Uint8Array[] = [],
  sizeAtLeast = 0,
): Uint8Array {
  const text = Buffer.from(JSON.stringify({ ...says, blobs: blobs.map(({ length }) => length) }));
  const length = Math.max(
    sizeAtLeast,
    2 + text.length + blobs.reduce((sum, blob) => sum + blob.length, 0),
  );
  const message = Buffer.alloc(4 + length);
  message[0] = type;
  message.writeUIntBE(length, 1, 3);
  message.writeUInt16BE(text.length, 4);
  message.set(text, 6);
  let at = 6 + text.length;
  for (const blob of blobs) {
    message.set(blob, at);
    at += blob.length;
  }
  return message;
}

/** A received handshake message. */
export interface HandshakeMessage {
  readonly type: number;
  readonly says: Record<string, unknown>;
  readonly blobs: readonly Uint8Array[];
}

/** Assembles handshake messages from the records that carry them. */
export class MessageReader {
  #held: Uint8Array = new Uint8Array(0);

  push(content: Uint8Array): void {
    this.#held = this.#held.length === 0 ? content : Buffer.concat([this.#held, content]);
  }

  /**
   * Returns the next whole message, `undefined` if more data is needed, `null` if it is malformed.
   */
  next(): HandshakeMessage | undefined | null {
    const held = Buffer.from(this.#held.buffer, this.#held.byteOffset, this.#held.length);
    if (held.length < 4) return undefined;
    const length = held.readUIntBE(1, 3);
    if (held.length < 4 + length) return undefined;
    this.#held = held.subarray(4 + length);
    try {
      const textEnd = 6 + held.readUInt16BE(4);
      const says = JSON.parse(held.toString("utf8", 6, textEnd)) as Record<string, unknown>;
      let at = textEnd;
      const blobs = (says["blobs"] as number[]).map((size) => {
        const blob = Buffer.from(held.subarray(at, at + size));
        at += size;
        return blob;
      });
      return { type: held[0] as number, says, blobs };
    } catch {
      return null;
    }
  }
}
