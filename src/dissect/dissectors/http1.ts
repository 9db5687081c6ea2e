/** Dissects HTTP/1.0 and 1.1: requests, replies, bodies; after an upgrade, what follows. */
import { concatBytes } from "../../base/bytes.ts";
import { contentOf, type Place } from "../content/content.ts";
import { graphqlOperation } from "../content/graphql.ts";
import {
  type Dissector,
  type Field,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { decodeText, latin, oneLine, size, unescaped } from "../text.ts";
import { Http2Session } from "./http2.ts";
import { WebSocketSession } from "./websocket.ts";

const requestLine = /^([A-Z][A-Z-]{0,15}) (\S+) (HTTP\/1\.[01])\r?\n/;
const statusLine = /^(HTTP\/1\.[01]) (\d{3})(?: ([^\r\n]*))?\r?\n/;
const LINE_MAX = 16_384;
const HEADERS_MAX = 256;

export const http1: Dissector = {
  name: "http",
  title: "HTTP/1",
  ports: [80, 8080, 8000, 3000],
  over: "stream",
  filters: [
    ...["http.method", "http.path", "http.host", "http.status", "http.type"],
    ...["graphql.type", "graphql.operation", "graphql.error", "soap.operation", "soap.fault"],
  ],
  looks(bytes, side) {
    const text = latin(bytes, 0, Math.min(bytes.length, LINE_MAX));
    if ((side === 0 ? requestLine : statusLine).test(text)) return 3;
    const begins = side === 0 ? /^[A-Z]{3,10} \/[^\r\n]*$/ : /^HTTP\/1/;
    return begins.test(text) ? 2 : 0;
  },
  open: () => new Http1Session(),
};

/** What the client asked, as far as the reply depends on it. */
interface Asked {
  readonly method: string;
  readonly upgrade: string;
}

class Http1Session implements Session {
  readonly #asked: Asked[] = [];
  #answered = 0;
  /** What follows an upgrade. */
  #next: Session | undefined;
  /** After a gap, replies cannot be told by their position. */
  #lost = false;

  read(bytes: Uint8Array, at: number, side: Side, last: boolean): ReadMessage | undefined {
    const head = headAt(bytes, at, side);
    if (head === undefined && this.#upgraded(bytes, at, side)) {
      return this.#next?.read(bytes, at, side, last);
    }
    if (head === undefined) throw new Malformed("no request or status line");
    if (head === "incomplete") return undefined;
    return side === 0 ? this.#request(bytes, head, last) : this.#reply(bytes, head, last);
  }

  sync(bytes: Uint8Array, at: number, side: Side): number {
    for (let i = at; i >= 0; i = bytes.indexOf(10, i) + 1 || -1) {
      if (typeof headAt(bytes, i, side) === "object") return i;
    }
    return -1;
  }

  gap(side: Side): void {
    this.#lost = true;
    this.#next?.gap?.(side);
  }

  /** Whether the bytes belong to the protocol that was changed to. */
  #upgraded(bytes: Uint8Array, at: number, side: Side): boolean {
    if (side === 1 || this.#next) return this.#next !== undefined;
    const { upgrade } = this.#asked.at(-1) ?? { upgrade: "" };
    if (upgrade === "websocket") this.#next = new WebSocketSession();
    else if (upgrade === "h2c" || latin(bytes, at, at + 3) === "PRI")
      this.#next = new Http2Session();
    return this.#next !== undefined;
  }

  #request(bytes: Uint8Array, head: Head, last: boolean): ReadMessage | undefined {
    const [, method = "", path = ""] = head.first;
    const body = bodyOf(bytes, head, last, false);
    if (!body) return undefined;
    this.#asked.push({ method, upgrade: (head.headers.get("upgrade") ?? "").toLowerCase() });
    const host = head.headers.get("host");
    const { summary, fields, flat } = finish(head, body);
    const query = /[?&]query=([^&]*)/.exec(path)?.[1];
    const asked =
      query === undefined ? undefined : graphqlOperation(unescaped(query.replaceAll("+", " ")));
    const graphql = asked && { "graphql.type": asked.type, "graphql.operation": asked.name };
    const brief = asked
      ? `${path.split("?")[0]} GraphQL ${asked.type} ${asked.name}`
      : oneLine(path, 60);
    return {
      protocol: http1.name,
      role: "request",
      summary: `${method} ${brief}${summary}`,
      start: head.start,
      end: body.end,
      fields,
      flat: {
        "http.method": method,
        "http.path": path,
        ...(host !== undefined && { "http.host": host }),
        ...graphql,
        ...flat,
      },
      pair: "reply",
      incomplete: body.incomplete,
    };
  }

  #reply(bytes: Uint8Array, head: Head, last: boolean): ReadMessage | undefined {
    const [, , status = "0", reason = ""] = head.first;
    const code = Number(status);
    const asked = this.#lost ? undefined : this.#asked[this.#answered];
    const bodiless = code < 200 || code === 204 || code === 304 || asked?.method === "HEAD";
    const body = bodyOf(
      bytes,
      head,
      last,
      true,
      bodiless || (asked?.method === "CONNECT" && code < 300),
    );
    if (!body) return undefined;
    const isFinal = code === 101 || code >= 200;
    if (isFinal) this.#answered++;
    if (code === 101 && !this.#next) {
      const upgrade = (head.headers.get("upgrade") ?? asked?.upgrade ?? "").toLowerCase();
      this.#next = upgrade === "h2c" ? new Http2Session() : new WebSocketSession();
    }
    const { summary, fields, flat } = finish(head, body);
    return {
      protocol: http1.name,
      role: isFinal ? "reply" : "other",
      summary: oneLine(`${status} ${reason}${summary}`),
      start: head.start,
      end: body.end,
      fields,
      flat: { "http.status": code, ...flat },
      pair: isFinal ? "reply" : undefined,
      incomplete: body.incomplete,
    };
  }
}

/** The first line and the headers. */
interface Head {
  readonly start: number;
  readonly end: number;
  readonly first: RegExpExecArray;
  readonly headers: Map<string, string>;
  readonly fields: Field[];
}

function headAt(bytes: Uint8Array, start: number, side: Side): Head | "incomplete" | undefined {
  const line = latin(bytes, start, Math.min(bytes.length, start + LINE_MAX));
  const first = (side === 0 ? requestLine : statusLine).exec(line);
  if (!first) {
    const begins =
      side === 0
        ? /^[A-Z][A-Z-]{0,15}( [!-~]*( H?T?T?P?\/?1?\.?[01]?\r?)?)?$/
        : /^HTTP\/1\.[01]( \d{0,3}( [^\r\n]*\r?)?)?$/;
    return begins.test(line) ? "incomplete" : undefined;
  }
  const headers = new Map<string, string>();
  const fields: Field[] = [];
  let at = start + first[0].length;
  fields.push({
    name: side === 0 ? "request" : "status",
    value: oneLine(first[0].trimEnd(), 200),
    start,
    end: at,
  });
  const lines: Field[] = [];
  const headersStart = at;
  for (;;) {
    const lf = bytes.indexOf(10, at);
    if (lf < 0) return "incomplete";
    const text = decodeText(bytes, at, bytes[lf - 1] === 13 ? lf - 1 : lf);
    const from = at;
    at = lf + 1;
    if (text === "") break;
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon));
    const value = text.slice(colon + 1).trim();
    const known = headers.get(name.toLowerCase());
    headers.set(name.toLowerCase(), known === undefined ? value : `${known}, ${value}`);
    if (lines.length < HEADERS_MAX) {
      lines.push({ name: name || "header", value: oneLine(value, 200), start: from, end: at });
    }
  }
  if (lines.length > 0) {
    const value = `${lines.length} headers`;
    fields.push({ name: "headers", value, start: headersStart, end: at, children: lines });
  }
  return { start, end: at, first, headers, fields };
}

interface Body {
  readonly bytes: Uint8Array;
  readonly place: Place;
  readonly end: number;
  readonly incomplete?: boolean;
}

/** The body of a message; `undefined` if it is not complete and more may come. */
function bodyOf(
  bytes: Uint8Array,
  { end, headers }: Head,
  last: boolean,
  isReply: boolean,
  bodiless = false,
): Body | undefined {
  const of = (to: number, incomplete = false): Body => ({
    bytes: bytes.subarray(end, to),
    place: { offset: end },
    end: to,
    ...(incomplete && { incomplete }),
  });
  if (bodiless) return of(end);
  if (/chunked/i.test(headers.get("transfer-encoding") ?? "")) return chunks(bytes, end, last);
  const length = headers.get("content-length");
  if (length !== undefined && /^\d+$/.test(length)) {
    const to = end + Number(length);
    if (to <= bytes.length) return of(to);
    return last ? of(bytes.length, true) : undefined;
  }
  if (!isReply) return of(end);
  // Neither length nor chunks: the end of the connection ends the body.
  return last ? of(bytes.length) : undefined;
}

function chunks(bytes: Uint8Array, start: number, last: boolean): Body | undefined {
  const parts: Uint8Array[] = [];
  let at = start;
  const finish = (end: number, incomplete: boolean): Body => ({
    bytes: concatBytes(parts),
    place: { start, end },
    end,
    ...(incomplete && { incomplete }),
  });
  for (;;) {
    const lf = bytes.indexOf(10, at);
    if (lf < 0) return last ? finish(bytes.length, true) : undefined;
    const text = latin(bytes, at, Math.min(lf, at + 64)).trim();
    const match = /^([0-9a-fA-F]{1,12})\s*(;.*)?$/.exec(text);
    if (!match) throw new Malformed("bad chunk");
    const length = Number.parseInt(match[1] as string, 16);
    at = lf + 1;
    if (length === 0) break;
    const to = at + length;
    parts.push(bytes.subarray(at, Math.min(to, bytes.length)));
    if (to + 2 > bytes.length) return last ? finish(bytes.length, true) : undefined;
    at = to + (bytes[to] === 13 ? 2 : 1);
  }
  // Trailers, up to an empty line.
  for (;;) {
    const lf = bytes.indexOf(10, at);
    if (lf < 0) return last ? finish(bytes.length, true) : undefined;
    const isEmpty = lf === at || (lf === at + 1 && bytes[at] === 13);
    at = lf + 1;
    if (isEmpty) return finish(at, false);
  }
}

function finish(
  { headers, fields }: Head,
  body: Body,
): { summary: string; fields: Field[]; flat: Readonly<Record<string, string | number>> } {
  const type = headers.get("content-type") ?? "";
  const encoding = headers.get("content-encoding") ?? "";
  const { place } = body;
  const content = contentOf(body.bytes, { type, encoding, place });
  const cut = body.incomplete ? ` (cut after ${size(body.bytes.length)})` : "";
  return {
    summary: `${content.summary && ` ${content.summary}`}${cut}`,
    fields: [...fields, ...content.fields],
    flat: { ...(type !== "" && { "http.type": type }), ...content.flat },
  };
}
