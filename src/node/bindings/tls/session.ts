/** TLS sessions: what two sides remember of each other so that the next handshake is shorter. */

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
  /** What the client shows to be known again; the server's own notes, under its key. */
  readonly ticket: string | undefined;
}

const MAGIC = "lightcone tls session ";

/** The bytes that a program keeps of a session. */
export function encodeSession(session: SessionState): Buffer {
  return Buffer.from(MAGIC + JSON.stringify(session));
}

/** A session from such bytes; `undefined` when they are something else. */
export function decodeSession(bytes: Uint8Array): SessionState | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  if (!text.startsWith(MAGIC)) return undefined;
  try {
    return JSON.parse(text.slice(MAGIC.length)) as SessionState;
  } catch {
    return undefined;
  }
}

/** A ticket: the server's notes, which only a server with the same key takes back. */
export function sealTicket(session: SessionState, key: Buffer): string {
  const notes = JSON.stringify({ ...session, ticket: undefined });
  return Buffer.concat([key.subarray(0, 16), Buffer.from(notes)]).toString("base64");
}

/** The notes of a ticket that was made under `key`. */
export function openTicket(ticket: string, key: Buffer): SessionState | undefined {
  const bytes = Buffer.from(ticket, "base64");
  if (!bytes.subarray(0, 16).equals(key.subarray(0, 16))) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8", 16)) as SessionState;
  } catch {
    return undefined;
  }
}
