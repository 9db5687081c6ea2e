/** Dissects RESP 2 and 3, the protocol of Redis: requests, inline commands, replies and pushes. */
import {
  type Dissector,
  type Field,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { decodeText, latin, oneLine, showBytes } from "../text.ts";

const DEPTH_MAX = 64;
const ARGUMENT_SHOWN_MAX = 28;
const SUMMARY_MAX = 72;

const names: Readonly<Record<string, string>> = {
  "+": "simple string",
  "-": "error",
  ":": "integer",
  $: "bulk string",
  "*": "array",
  _: "null",
  ",": "double",
  "#": "boolean",
  "(": "big number",
  "!": "bulk error",
  "=": "verbatim string",
  "%": "map",
  "~": "set",
  ">": "push",
  "|": "attribute",
};

/** Commands without a key. All others have it as their first argument, apart from those below. */
const keyless = new Set(
  (
    "AUTH HELLO PING ECHO SELECT QUIT RESET INFO CONFIG CLIENT COMMAND CLUSTER SCRIPT FUNCTION MULTI EXEC DISCARD " +
    "UNWATCH SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE PUBLISH SPUBLISH PUBSUB SCAN KEYS " +
    "RANDOMKEY DBSIZE FLUSHALL FLUSHDB SAVE BGSAVE BGREWRITEAOF LASTSAVE SHUTDOWN TIME ROLE REPLICAOF SLAVEOF PSYNC " +
    "REPLCONF WAIT WAITAOF MONITOR LATENCY SLOWLOG MODULE ACL READONLY READWRITE ASKING FAILOVER SWAPDB SENTINEL DEBUG"
  ).split(" "),
);
/** The number of keys comes second (EVAL script n key ...) or first (ZUNION n key ...). */
const counted: Readonly<Record<string, number>> = {
  ...{
    EVAL: 2,
    EVALSHA: 2,
    EVAL_RO: 2,
    EVALSHA_RO: 2,
    FCALL: 2,
    FCALL_RO: 2,
    BLMPOP: 2,
    BZMPOP: 2,
  },
  ...{ ZUNION: 1, ZINTER: 1, ZDIFF: 1, LMPOP: 1, ZMPOP: 1, SINTERCARD: 1, ZINTERCARD: 1 },
};
const subcommanded = new Set(["OBJECT", "XINFO", "XGROUP", "MEMORY", "BITOP"]);
const subscribing = /^[PS]?(UN)?SUBSCRIBE$/;

export const resp: Dissector = {
  name: "redis",
  title: "RESP (Redis)",
  ports: [6379, 6380, 26_379],
  over: "stream",
  filters: ["redis.cmd", "redis.key", "redis.channel", "redis.error", "redis.reply"],
  looks(bytes, side) {
    const text = latin(bytes, 0, Math.min(bytes.length, 40));
    if (/^\*\d{1,9}\r\n[$*:]/.test(text)) return 3;
    if (side === 1 && /^([+_#,(]|-[A-Z]+ |:-?\d+\r|\$-?\d+\r|\*-?\d+\r|[%~>]\d+\r)/.test(text))
      return 2;
    return side === 0 && /^[A-Za-z]{3,12}( [^\r\n]*)?\r?\n/.test(text) ? 1 : 0;
  },
  open: () => new RespSession(),
};

/** So many characters of a script's digest are shown. */
const DIGEST_SHOWN = 6;

class RespSession implements Session {
  /** How many replies each request gets: a subscription gets one for each channel. */
  readonly #replies: number[] = [];
  #answered = 0;
  #repliesLeft = 0;

  read(bytes: Uint8Array, at: number, side: Side): ReadMessage | undefined {
    const value = field(bytes, at, side === 0, 0);
    if (value === undefined) return undefined;
    if (side === 1) return this.#reply(bytes, value);
    const read = request(bytes, value);
    const channels = subscribing.test(String(read.flat["redis.cmd"]))
      ? read.fields[0]?.children?.length
      : 0;
    this.#replies.push(Math.max(1, (channels ?? 0) - 2));
    return read;
  }

  /** A message begins after the end of a line with the mark of a type. */
  sync(bytes: Uint8Array, at: number, side: Side): number {
    const marks = side === 0 ? "*" : "*+-:$%~>_#,(!=|";
    for (let i = at; i < bytes.length; i++) {
      const isStart = i === 0 || bytes[i - 1] === 10;
      if (isStart && marks.includes(String.fromCharCode(bytes[i] as number))) {
        try {
          field(bytes, i, false, 0);
          return i;
        } catch {
          // A mark within a value.
        }
      }
    }
    return -1;
  }

  #reply(bytes: Uint8Array, value: Field): ReadMessage {
    const { name, start, end, children = [] } = value;
    const kind = String(children[1]?.value ?? "");
    const isList = name === "push" || name === "array";
    const confirms = isList && subscribing.test(kind.toUpperCase()) && children.length === 4;
    const pushed = isList && /^[ps]?message$/.test(kind) && children.length >= 4;
    const error = name === "error" || name === "bulk error";
    const flat: Record<string, string | number> = { "redis.reply": name };
    if (error) flat["redis.error"] = value.value;
    if (confirms || pushed) flat["redis.channel"] = children[2]?.value ?? "";
    const other = pushed || (name === "push" && !confirms);
    let isFirst = false;
    if (!other && this.#repliesLeft === 0) {
      isFirst = true;
      this.#repliesLeft = this.#replies[this.#answered++] ?? 1;
    }
    if (!other) this.#repliesLeft--;
    return {
      protocol: resp.name,
      role: isFirst ? "reply" : "other",
      summary: oneLine(replySummary(bytes, value), SUMMARY_MAX),
      start,
      end,
      fields: [value],
      flat,
      pair: other ? undefined : "reply",
    };
  }
}

function request(bytes: Uint8Array, value: Field): ReadMessage {
  const { start, end } = value;
  const inline = value.name !== "array";
  const texts = inline
    ? value.value.split(/\s+/)
    : (value.children ?? []).slice(1).map((child) => textOf(bytes, child));
  const cmd = (texts[0] ?? "").toUpperCase();
  const flat: Record<string, string | number> = { "redis.cmd": cmd };
  const key = texts[keyIndex(cmd, texts)];
  if (key !== undefined) flat["redis.key"] = key;
  if (/PUBLISH$|SUBSCRIBE$/.test(cmd) && texts[1] !== undefined) flat["redis.channel"] = texts[1];
  const words = texts.slice(1, 12).map((text) => quoted(text));
  // The digest of a script says little; what it is about are the keys and arguments behind it.
  if (cmd.startsWith("EVALSHA") && (texts[1]?.length ?? 0) > DIGEST_SHOWN) {
    words[0] = `${texts[1]?.slice(0, DIGEST_SHOWN)}…`;
  }
  return {
    protocol: resp.name,
    role: "request",
    summary: oneLine([cmd, ...words].join(" "), SUMMARY_MAX),
    start,
    end,
    fields: [value],
    flat,
    pair: "reply",
  };
}

function keyIndex(cmd: string, texts: readonly string[]): number {
  if (keyless.has(cmd)) return -1;
  if (/^XREAD(GROUP)?$/.test(cmd)) {
    const streams = texts.findIndex((text) => text.toUpperCase() === "STREAMS");
    return streams < 0 ? -1 : streams + 1;
  }
  const count = counted[cmd];
  if (count !== undefined) return Number(texts[count]) > 0 ? count + 1 : -1;
  return subcommanded.has(cmd) ? 2 : 1;
}

/** The whole text of a string, which its field shows cut. */
function textOf(bytes: Uint8Array, { name, value, children }: Field): string {
  const body = children?.[1];
  if (!/bulk|verbatim/.test(name) || !body) return value;
  return decodeText(bytes, body.start, Math.min(body.end, body.start + 4_096));
}

function quoted(text: string): string {
  const cut = oneLine(text, ARGUMENT_SHOWN_MAX);
  return cut === "" || /\s/.test(cut) ? `"${cut}"` : cut;
}

function replySummary(bytes: Uint8Array, value: Field, depth = 0): string {
  const { name, children = [] } = value;
  switch (name) {
    case "null":
      return "(nil)";
    case "bulk string":
      return depth > 0 ? quoted(textOf(bytes, value)) : `"${oneLine(textOf(bytes, value), 60)}"`;
    case "verbatim string":
      // Three letters say of which kind the text is.
      return `"${oneLine(textOf(bytes, value).slice(4), 60)}"`;
    case "array":
    case "set":
    case "push":
    case "map":
    case "attribute": {
      const items = children.slice(1, 9).map((child) => {
        return depth < 3 ? replySummary(bytes, child, depth + 1) : "…";
      });
      return `[${items.join(" ")}${children.length > 9 ? " …" : ""}]`;
    }
    default:
      return value.value;
  }
}

/** Reads one value; `undefined` if the bytes end before it does. */
function field(
  bytes: Uint8Array,
  start: number,
  inline: boolean,
  depth: number,
): Field | undefined {
  if (start >= bytes.length) return undefined;
  if (depth > DEPTH_MAX) throw new Malformed("nested too deep");
  const mark = String.fromCharCode(bytes[start] as number);
  const name = Object.hasOwn(names, mark) ? (names[mark] as string) : undefined;
  if (name === undefined) {
    if (inline && depth === 0) return inlineCommand(bytes, start);
    throw new Malformed(`byte 0x${(bytes[start] as number).toString(16)} opens no RESP type`);
  }
  const cr = lineEnd(bytes, start + 1);
  if (cr < 0) return undefined;
  const body = cr + 2;
  if ("$!=".includes(mark)) return bulk(bytes, name, start, body);
  if ("*%~>|".includes(mark)) return aggregate(bytes, name, start, body, depth);
  const text = decodeText(bytes, start + 1, cr);
  const value = mark === "_" ? "null" : mark === "#" ? String(text === "t") : oneLine(text);
  return { name, value, start, end: body };
}

function lineEnd(bytes: Uint8Array, at: number): number {
  for (let cr = bytes.indexOf(13, at); cr >= 0; cr = bytes.indexOf(13, cr + 1)) {
    if (bytes[cr + 1] === 10) return cr;
  }
  return -1;
}

function inlineCommand(bytes: Uint8Array, start: number): Field | undefined {
  const lf = bytes.indexOf(10, start);
  if (lf < 0) return undefined;
  const last = lf > start && bytes[lf - 1] === 13 ? lf - 1 : lf;
  if (!/^[\x09\x20-\x7e]*$/.test(latin(bytes, start, last))) throw new Malformed("not a command");
  return { name: "inline command", value: oneLine(latin(bytes, start, last)), start, end: lf + 1 };
}

/** The number in the first line of a value; -1 for none. */
function lengthAt(bytes: Uint8Array, name: string, start: number, body: number): number {
  const end = body - 2;
  if (bytes[start + 1] === 0x2d && bytes[start + 2] === 0x31 && end === start + 3) return -1;
  let length = 0;
  for (let at = start + 1; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) throw new Malformed(`${name} with a length that is no number`);
    length = length * 10 + digit;
  }
  if (end === start + 1 || length > 1e10) throw new Malformed(`${name} without a length`);
  return length;
}

function bulk(bytes: Uint8Array, name: string, start: number, body: number): Field | undefined {
  const length = lengthAt(bytes, name, start, body);
  if (length < 0) return { name: "null", value: "null", start, end: body };
  const end = body + length + 2;
  if (end > bytes.length) return undefined;
  if (bytes[end - 2] !== 13 || bytes[end - 1] !== 10) throw new Malformed("no end of line");
  const value = showBytes(bytes, body, end - 2);
  const children = [
    { name: "length", value: String(length), start, end: body },
    { name: "bytes", value, start: body, end: end - 2 },
  ];
  return { name, value, start, end, children };
}

function aggregate(
  bytes: Uint8Array,
  name: string,
  start: number,
  body: number,
  depth: number,
): Field | undefined {
  const count = lengthAt(bytes, name, start, body);
  if (count < 0) return { name: "null", value: "null", start, end: body };
  const children: Field[] = [{ name: "length", value: String(count), start, end: body }];
  let at = body;
  const total = name === "map" || name === "attribute" ? count * 2 : count;
  for (let index = 0; index < total; index++) {
    const child = field(bytes, at, false, depth + 1);
    if (child === undefined) return undefined;
    children.push(child);
    at = child.end;
  }
  const items = children.slice(1, 20).map((child) => child.value);
  return { name, value: oneLine(items.join(" ")), start, end: at, children };
}
