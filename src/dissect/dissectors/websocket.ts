/** Dissects WebSocket frames (RFC 6455): unmasked, joined from fragments, with text and JSON read. */
import { concatBytes } from "../../base/bytes.ts";
import { contentOf } from "../content/content.ts";
import {
  type Dissector,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { Reader } from "../reader.ts";
import { decodeText, oneLine, size } from "../text.ts";

const opcodes: Readonly<Record<number, string>> = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};

/** Known by itself only in the middle of a connection; else it follows an upgrade of HTTP. */
export const websocket: Dissector = {
  name: "websocket",
  title: "WebSocket",
  ports: [],
  over: "stream",
  filters: ["ws.opcode", "ws.text"],
  looks(bytes, side) {
    const first = bytes[0] ?? 0;
    const second = bytes[1] ?? 0;
    if ((first & 0x30) !== 0 || opcodes[first & 15] === undefined) return 0;
    if (second >> 7 !== (side === 0 ? 1 : 0)) return 0;
    const length = second & 127;
    return length < 126 && (first & 0x80) !== 0 && frameEnd(bytes) === bytes.length ? 2 : 1;
  },
  open: () => new WebSocketSession(),
};

function frameEnd(bytes: Uint8Array): number {
  const second = bytes[1] ?? 0;
  return 2 + (second >> 7) * 4 + (second & 127);
}

/** The frames of one connection. */
export class WebSocketSession implements Session {
  /** The message of each side that is being sent in fragments. */
  readonly #fragments: { opcode: number; parts: Uint8Array[]; compressed: boolean }[] = [];

  read(bytes: Uint8Array, at: number, side: Side): ReadMessage | undefined {
    if (at + 2 > bytes.length) return undefined;
    const first = bytes[at] as number;
    const opcode = first & 15;
    const kind = opcodes[opcode];
    if (kind === undefined || (first & 0x30) !== 0) throw new Malformed("no such frame");
    const isMasked = ((bytes[at + 1] as number) & 0x80) !== 0;
    const short = (bytes[at + 1] as number) & 127;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const bodyAt = at + 2 + extra + (isMasked ? 4 : 0);
    if (bodyAt > bytes.length) return undefined;
    const head = new Reader(bytes, at);
    const length = extra === 0 ? short : head.peek(extra, at + 2);
    if (length > 2 ** 40) throw new Malformed("no such length");
    const end = bodyAt + length;
    if (end > bytes.length) return undefined;
    const isFinal = (first & 0x80) !== 0;
    head.uint("opcode", 1, () => `${kind}${isFinal ? "" : ", to be continued"}`);
    head.uint("length", 1 + extra, () => String(length));
    if (isMasked) head.raw("mask", 4);
    const body = isMasked ? unmasked(bytes, bodyAt, end, bodyAt - 4) : bytes.subarray(bodyAt, end);
    const flat: Record<string, string | number> = { "ws.opcode": kind };
    const told = this.#told(side, {
      opcode,
      isFinal,
      compressed: (first & 0x40) !== 0,
      body,
      bodyAt,
    });
    if (told.text !== undefined) flat["ws.text"] = told.text;
    return {
      protocol: websocket.name,
      role: opcode === 9 ? "request" : opcode === 10 ? "reply" : "other",
      summary: oneLine(told.summary),
      start: at,
      end,
      fields: [...head.fields, ...told.fields],
      flat: { ...flat, ...told.flat },
      pair: opcode === 9 ? `ping ${side}` : opcode === 10 ? `ping ${1 - side}` : undefined,
    };
  }

  #told(
    side: Side,
    frame: {
      opcode: number;
      isFinal: boolean;
      compressed: boolean;
      body: Uint8Array;
      bodyAt: number;
    },
  ): Pick<ReadMessage, "summary" | "fields" | "flat"> & { text?: string } {
    const { opcode, isFinal, compressed, body, bodyAt } = frame;
    if (opcode >= 8) {
      const reason = opcode === 8 && body.length >= 2 ? closeWords(body) : decodeText(body);
      const content = contentOf(body, { type: "x/data", place: { offset: bodyAt } });
      return {
        summary: `ws ${opcodes[opcode]} ${reason}`.trimEnd(),
        fields: content.fields,
        flat: {},
      };
    }
    if (opcode !== 0) this.#fragments[side] = { opcode, parts: [], compressed };
    const message = this.#fragments[side];
    message?.parts.push(body);
    if (!isFinal || message === undefined) {
      const content = contentOf(body, { type: "x/data", place: { offset: bodyAt } });
      return {
        summary: `ws ${opcodes[opcode]} fragment, ${content.summary}`,
        fields: content.fields,
        flat: {},
      };
    }
    delete this.#fragments[side];
    const { parts } = message;
    const whole = concatBytes(parts);
    const content = contentOf(whole, {
      type: message.opcode === 1 ? "text/plain" : "",
      encoding: message.compressed ? "deflated" : "",
      place: parts.length === 1 ? { offset: bodyAt } : { start: bodyAt, end: bodyAt + body.length },
    });
    const isText = message.opcode === 1 && !message.compressed;
    return {
      summary: `ws ${content.summary || size(0)}`,
      fields: content.fields,
      flat: content.flat,
      ...(isText && { text: decodeText(whole, 0, Math.min(whole.length, 4_096)) }),
    };
  }
}

function unmasked(bytes: Uint8Array, start: number, end: number, maskAt: number): Uint8Array {
  const out = bytes.slice(start, end);
  for (let i = 0; i < out.length; i++)
    out[i] = (out[i] as number) ^ (bytes[maskAt + (i & 3)] as number);
  return out;
}

function closeWords(body: Uint8Array): string {
  const code = ((body[0] as number) << 8) | (body[1] as number);
  return `${code} ${decodeText(body, 2)}`.trimEnd();
}
