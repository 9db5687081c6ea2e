/** TLS sessions: what two sides remember of each other so that the next handshake is shorter. */
import { Buffer } from "node:buffer";

/** A session, on either side. */
export interface SessionState {
  readonly id: string;
  readonly version: number;
  readonly cipher: string;
  readonly servername: string | undefined;
  /** The peer's certificates, in base64. */
  readonly peer: readonly string[];
  readonly verify: string | undefined;
  readonly secret: string;
  readonly createdMs: number;
  readonly timeoutS: number;
  readonly context: string;
  /**
   * What the client presents to resume the session: the server's state, marked with its key.
   */
  readonly ticket: string | undefined;
}

const MAGIC = "lightcone tls session ";

/** Encodes a session as the bytes that a program stores. */
export function encodeSession(session: SessionState): Buffer {
  return Buffer.from(MAGIC + JSON.stringify(session));
}

/** Decodes a session. Returns `undefined` if the bytes are not a session. */
export function decodeSession(bytes: Uint8Array): SessionState | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  if (!text.startsWith(MAGIC)) return undefined;
  try {
    return JSON.parse(text.slice(MAGIC.length)) as SessionState;
  } catch {
    return undefined;
  }
}

/** Creates a ticket: the server's state, which only a server with the same key accepts. */
export function sealTicket(session: SessionState, key: Buffer): string {
  const notes = JSON.stringify({ ...session, ticket: undefined });
  return Buffer.concat([key.subarray(0, 16), Buffer.from(notes)]).toString("base64");
}

/** Returns the state of a ticket that was created under `key`. */
export function openTicket(ticket: string, key: Buffer): SessionState | undefined {
  const bytes = Buffer.from(ticket, "base64");
  if (!bytes.subarray(0, 16).equals(key.subarray(0, 16))) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8", 16)) as SessionState;
  } catch {
    return undefined;
  }
}
