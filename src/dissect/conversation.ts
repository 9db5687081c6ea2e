/**
 * Dissects one conversation: joins the packets of each side to a stream, chooses the dissector, cuts the stream
 * into messages, and pairs replies with their requests. Never throws, whatever the bytes are.
 */
import { concatBytes } from "../base/bytes.ts";
import { attempt, FAILED, syncAt } from "./attempt.ts";
import type { Dissector, Message, ReadMessage, Session, Side } from "./message.ts";
import { guess } from "./guess.ts";
import { oneLine, size } from "./text.ts";

/** A packet of a conversation, in the order of sending. Retransmissions are left out. */
export interface Packet {
  /** Any number that names it, ascending: the trace has the id of the `send` event. */
  readonly id: number;
  readonly side: Side;
  /** Its payload; `undefined` if it is not known, which makes a gap. */
  readonly bytes: Uint8Array | undefined;
}

/** What is known of a conversation besides its bytes. */
export interface ConversationHints {
  /** The port of the side that accepted. */
  readonly port?: number | undefined;
  /** Names that may tell the protocol, such as those of the hosts: "redis-1". */
  readonly names?: readonly string[] | undefined;
  readonly datagram?: boolean | undefined;
  /** The name of the dissector to take, whatever the bytes look like. */
  readonly protocol?: string | undefined;
}

/** A dissected conversation. */
export interface Conversation {
  readonly dissector: Dissector;
  /** In the order in which they were complete. */
  readonly messages: readonly Message[];
}

const SUMMARY_MAX = 120;

/** The bytes that a side sent without a gap. */
interface Run {
  readonly side: Side;
  readonly bytes: Uint8Array;
  /** Where each packet begins in `bytes`, and its number. */
  readonly starts: readonly number[];
  readonly ids: readonly number[];
  /** Whether bytes before it are missing. */
  readonly afterGap: boolean;
}

/** Dissects a conversation. */
export function dissect(packets: readonly Packet[], hints: ConversationHints = {}): Conversation {
  const runs = (packetwise: boolean): Run[][] => {
    return ([0, 1] as const).map((side) => runsOf(packets, side, packetwise));
  };
  let sides = runs(hints.datagram === true);
  const dissector = guess([sides[0]?.[0], sides[1]?.[0]], hints);
  if (dissector.isPacketwise && hints.datagram !== true) sides = runs(true);
  const session = dissector.open();
  const messages: Message[] = [];
  for (const runs of sides) for (const run of runs) readRun(dissector, session, run, messages);
  messages.sort((a, b) => a.lastPacket - b.lastPacket || a.side - b.side || a.end - b.end);
  pairUp(messages);
  return { dissector, messages };
}

function runsOf(packets: readonly Packet[], side: Side, packetwise: boolean): Run[] {
  const runs: Run[] = [];
  let parts: Uint8Array[] = [];
  let starts: number[] = [];
  let ids: number[] = [];
  let length = 0;
  let afterGap = false;
  const close = (): void => {
    if (length > 0) {
      const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : concatBytes(parts, length);
      runs.push({ side, bytes, starts, ids, afterGap });
    }
    parts = [];
    starts = [];
    ids = [];
    length = 0;
    afterGap = false;
  };
  for (const { id, side: from, bytes } of packets) {
    if (from !== side) continue;
    if (bytes === undefined) {
      close();
      afterGap = true;
      continue;
    }
    if (bytes.length === 0) continue;
    starts.push(length);
    ids.push(id);
    // A Buffer is none: its methods differ.
    parts.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
    length += bytes.length;
    if (packetwise) close();
  }
  close();
  return runs;
}

function readRun(dissector: Dissector, session: Session, run: Run, messages: Message[]): void {
  const { bytes, side } = run;
  let at = 0;
  const add = (read: ReadMessage): void => {
    const { protocol, role, summary, start, end, fields, flat, pair, minor, incomplete } = read;
    // Written out, since copying all of an object is slow and there are many.
    messages.push({
      protocol,
      role,
      summary: oneLine(summary, SUMMARY_MAX),
      start,
      end,
      fields,
      flat,
      pair,
      minor,
      incomplete,
      side,
      source: bytes,
      firstPacket: run.ids[packetAt(run, start)] as number,
      lastPacket: run.ids[packetAt(run, Math.max(start, end - 1))] as number,
      partner: undefined,
    });
  };
  /** Bytes that belong to no message, up to `end`. */
  const lose = (end: number, summary: string): void => {
    add({ ...unread(dissector, at, end), summary: `${summary} (${size(end - at)})` });
    at = end;
  };
  if (run.afterGap) {
    attempt(() => session.gap?.(side));
    const found = syncAt(session, bytes, 0, side);
    if (found !== 0)
      lose(found < 0 ? bytes.length : found, `${dissector.title}, its beginning is missing`);
  }
  while (at < bytes.length) {
    const read = attempt(() => session.read(bytes, at, side, true));
    if (read === FAILED || (read !== undefined && !(read.end > at && read.end <= bytes.length))) {
      const found = syncAt(session, bytes, at + 1, side);
      lose(found < 0 ? bytes.length : found, `not ${dissector.title}`);
      continue;
    }
    if (read === undefined) {
      lose(bytes.length, `${dissector.title}, incomplete`);
      break;
    }
    add(read);
    at = read.end;
  }
}

function unread({ name }: Dissector, start: number, end: number): Omit<ReadMessage, "summary"> {
  return { protocol: name, role: "other", start, end, fields: [], flat: {}, incomplete: true };
}

/** The index of the packet that has the byte at `offset`. */
function packetAt({ starts }: Run, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Pairs replies with requests of the same key from the other side, in order. */
function pairUp(messages: readonly Message[]): void {
  const open = new Map<string, Message[]>();
  /** The last request of a key that was answered: more replies may follow. */
  const answered = new Map<string, Message>();
  for (const message of messages) {
    if (message.pair === undefined) continue;
    const key = message.pair;
    if (message.role === "request") {
      const waiting = open.get(key);
      if (waiting) waiting.push(message);
      else open.set(key, [message]);
    } else if (message.role === "reply") {
      const request = open.get(key)?.shift();
      if (request && request.side !== message.side) {
        request.partner = message;
        message.partner = request;
        answered.set(key, request);
      } else {
        message.partner = answered.get(key);
      }
    }
  }
}
