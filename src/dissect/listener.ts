/**
 * Dissects a conversation while it goes on: hears each piece of its bytes in the order of sending, and says which messages are
 * complete with it. Never throws, whatever the bytes are.
 */
import { concatBytes } from "../base/bytes.ts";
import { attempt, FAILED, syncAt } from "./attempt.ts";
import type { ConversationHints } from "./conversation.ts";
import { guess } from "./guess.ts";
import type { Dissector, ReadMessage, Session, Side } from "./message.ts";

/** A message that is complete. */
export interface HeardMessage {
  readonly message: ReadMessage;
  /** The bytes that its offsets refer to. */
  readonly source: Uint8Array;
  /** Its place in the piece that completes it. What was sent before is before 0. */
  readonly from: number;
  readonly to: number;
}

/** So many bytes are kept of a side of which no message is complete. */
const PENDING_MAX = 1 << 20;

interface Pending {
  bytes: Uint8Array;
  /** Nothing of this side can be read any more. */
  lost: boolean;
  /** The next message has to be looked for. */
  afterGap: boolean;
}

/** Listens to one conversation. */
export class Listener {
  readonly #hints: ConversationHints;
  readonly #sides: readonly [Pending, Pending];
  #dissector: Dissector | undefined;
  #session: Session | undefined;

  /** `joined`: the conversation has been going on before. */
  constructor(hints: ConversationHints, joined = false) {
    this.#hints = hints;
    const pending = (): Pending => ({ bytes: new Uint8Array(0), lost: false, afterGap: joined });
    this.#sides = [pending(), pending()];
  }

  /** Hears the next piece that a side sends. Returns the messages that end in it, in order. */
  hear(side: Side, piece: Uint8Array): HeardMessage[] {
    const pending = this.#sides[side];
    if (pending.lost || piece.length === 0) return [];
    const before = pending.bytes.length;
    // A Buffer is none: its methods differ.
    const plain = new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
    pending.bytes =
      before === 0 ? plain.slice() : concatBytes([pending.bytes, plain], before + plain.length);
    const session = this.#open();
    const heard = session ? this.#read(session, side, pending, before) : [];
    giveUpIfTooLong(pending);
    return heard;
  }

  /** The session, once the protocol can be told from what was said. */
  #open(): Session | undefined {
    if (this.#session) return this.#session;
    const [first, second] = this.#sides.map(({ bytes, afterGap }) => {
      return bytes.length === 0 ? undefined : { bytes, afterGap, starts: [0] };
    });
    const dissector = guess([first, second], this.#hints);
    // The one that fits anything is taken when nothing else will.
    if (dissector.name === "raw" && this.#hints.datagram !== true) return undefined;
    this.#dissector = dissector;
    this.#session = dissector.open();
    for (const side of [0, 1] as const) {
      if (this.#sides[side].afterGap) attempt(() => this.#session?.gap?.(side));
    }
    return this.#session;
  }

  #read(session: Session, side: Side, pending: Pending, before: number): HeardMessage[] {
    const heard: HeardMessage[] = [];
    const { bytes } = pending;
    const last = this.#hints.datagram === true || this.#dissector?.isPacketwise === true;
    let at = 0;
    if (pending.afterGap) {
      at = syncAt(session, bytes, 0, side);
      if (at < 0) return heard;
      pending.afterGap = false;
    }
    while (at < bytes.length) {
      const read = attempt(() => session.read(bytes, at, side, last));
      if (read === undefined) break;
      if (read === FAILED || !(read.end > at && read.end <= bytes.length)) {
        const found = syncAt(session, bytes, at + 1, side);
        if (found < 0) {
          pending.lost = !last && session.sync === undefined;
          pending.afterGap = true;
          at = bytes.length;
          break;
        }
        at = found;
        continue;
      }
      heard.push({
        message: read,
        source: bytes,
        from: read.start - before,
        to: read.end - before,
      });
      at = read.end;
    }
    pending.bytes = last ? new Uint8Array(0) : bytes.slice(at);
    return heard;
  }
}

function giveUpIfTooLong(pending: Pending): void {
  if (pending.bytes.length <= PENDING_MAX) return;
  pending.bytes = new Uint8Array(0);
  pending.lost = true;
}
