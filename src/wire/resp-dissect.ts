/** Dissects RESP for the viewer: requests and replies of RESP2 and RESP3, and inline commands. */
import type { Dissection, Field } from "./dissection.ts";
import { latin1 } from "./latin1.ts";

const VALUE_CHARS_MAX = 60;
const DEPTH_MAX = 64;

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

/** The bytes end before the message is complete. */
const INCOMPLETE = Symbol("incomplete");

/**
 * Dissects RESP. With `inline`, bytes that do not start a RESP type are read as an inline command,
 * as a server does. Without it, as in a stream of replies, they are an error.
 */
export function dissectResp(
  bytes: Uint8Array,
  { inline = false }: { inline?: boolean } = {},
): Dissection {
  const messages: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    let message: Field | typeof INCOMPLETE;
    try {
      message = field(bytes, at, inline, 0);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { messages, end: at, error: error.message };
    }
    if (message === INCOMPLETE) break;
    messages.push(message);
    at = message.end;
  }
  return { messages, end: at };
}

function lineEnd(bytes: Uint8Array, at: number): number {
  for (let cr = bytes.indexOf(13, at); cr >= 0; cr = bytes.indexOf(13, cr + 1)) {
    if (cr + 1 >= bytes.length) return -1;
    if (bytes[cr + 1] === 10) return cr;
  }
  return -1;
}

function field(
  bytes: Uint8Array,
  start: number,
  inline: boolean,
  depth: number,
): Field | typeof INCOMPLETE {
  if (start >= bytes.length) return INCOMPLETE;
  if (depth > DEPTH_MAX) throw new SyntaxError("nested too deep");
  const mark = String.fromCharCode(bytes[start] as number);
  const name = Object.hasOwn(names, mark) ? (names[mark] as string) : undefined;
  if (name === undefined) {
    if (inline && depth === 0) return inlineCommand(bytes, start);
    throw new SyntaxError(`byte 0x${(bytes[start] as number).toString(16)} opens no RESP type`);
  }
  const cr = lineEnd(bytes, start + 1);
  if (cr < 0) return INCOMPLETE;
  const text = latin1(bytes, start + 1, cr);
  if ("$!=".includes(mark)) return bulk(bytes, { name, mark, text, start, body: cr + 2 });
  if ("*%~>|".includes(mark))
    return aggregate(bytes, { name, mark, text, start, body: cr + 2 }, depth);
  return { name, value: shown(valueOf(mark, text)), start, end: cr + 2 };
}

function valueOf(mark: string, text: string): string {
  if (mark === "_") return "null";
  if (mark === "#") return text === "t" ? "true" : "false";
  return text;
}

function inlineCommand(bytes: Uint8Array, start: number): Field | typeof INCOMPLETE {
  const lf = bytes.indexOf(10, start);
  if (lf < 0) return INCOMPLETE;
  const last = lf > start && bytes[lf - 1] === 13 ? lf - 1 : lf;
  return { name: "inline command", value: shown(latin1(bytes, start, last)), start, end: lf + 1 };
}

interface Head {
  readonly name: string;
  readonly mark: string;
  readonly text: string;
  readonly start: number;
  /** Offset of the first byte of the contents. */
  readonly body: number;
}

function lengthOf({ name, text }: Head): number {
  if (!/^(-1|[0-9]{1,10})$/.test(text)) {
    throw new SyntaxError(`${name} with the length ${JSON.stringify(text)}`);
  }
  return Number(text);
}

function bulk(bytes: Uint8Array, head: Head): Field | typeof INCOMPLETE {
  const length = lengthOf(head);
  const { start, body } = head;
  if (length < 0) return { name: "null", value: "null", start, end: body };
  const end = body + length + 2;
  if (end > bytes.length) return INCOMPLETE;
  if (bytes[end - 2] !== 13 || bytes[end - 1] !== 10) {
    throw new SyntaxError(`${head.name} without its end of line`);
  }
  // Only the first bytes of a large value are ever shown.
  const text = latin1(bytes, body, Math.min(body + length, body + VALUE_CHARS_MAX + 1));
  return {
    name: head.name,
    value: shown(text),
    start,
    end,
    children: [
      { name: "length", value: String(length), start, end: body },
      { name: "bytes", value: shown(text), start: body, end: end - 2 },
    ],
  };
}

function aggregate(bytes: Uint8Array, head: Head, depth: number): Field | typeof INCOMPLETE {
  const count = lengthOf(head);
  const { start, body, mark } = head;
  if (count < 0) return { name: "null", value: "null", start, end: body };
  const children: Field[] = [{ name: "length", value: String(count), start, end: body }];
  let at = body;
  const total = mark === "%" || mark === "|" ? count * 2 : count;
  for (let index = 0; index < total; index++) {
    const child = field(bytes, at, false, depth + 1);
    if (child === INCOMPLETE) return INCOMPLETE;
    children.push(child);
    at = child.end;
  }
  const items = children.slice(1).map((child) => child.value);
  return { name: head.name, value: shown(items.join(" ")), start, end: at, children };
}

/** Shows bytes as a line of text. Unprintable characters are escaped and long text is cut. */
function shown(text: string): string {
  const cut = text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text;
  return cut.replace(
    /[\x00-\x1f\x7f-\xff]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
