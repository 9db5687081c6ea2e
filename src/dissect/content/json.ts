/** Reads JSON into fields that know where each value is, and reads what there is of JSON that was cut. */
import type { Field } from "../message.ts";
import { decodeText, oneLine } from "../text.ts";

const NODES_MAX = 2_000;
const DEPTH_MAX = 48;

/** Whether bytes may be JSON: an object or an array, by its first character. */
export function looksLikeJson(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  let at = start;
  while (at < end && isSpace(bytes[at])) at++;
  const first = bytes[at];
  if (first !== 0x7b && first !== 0x5b) return false;
  for (at++; at < end && isSpace(bytes[at]); at++);
  const next = String.fromCharCode(bytes[at] ?? 0);
  return at >= end || (first === 0x7b ? '"}'.includes(next) : /["[\]{\dtfn-]/.test(next));
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9;
}

/**
 * Returns the fields of a JSON text from `start` to `end`: one, or none if it is not JSON. What follows an error is
 * left out. `placed` gives each field its place in the message.
 */
export function jsonField(
  bytes: Uint8Array,
  start: number,
  end: number,
  placed: (start: number, end: number) => { start: number; end: number } = (start, end) => ({
    start,
    end,
  }),
): Field | undefined {
  let at = start;
  let nodes = 0;
  const space = (): void => {
    while (at < end && isSpace(bytes[at])) at++;
  };
  const make = (name: string, value: string, from: number, children?: Field[]): Field => ({
    name,
    value,
    ...placed(from, at),
    ...(children && { children }),
  });
  /** Steps over a string and returns it. */
  const string = (): string | undefined => {
    if (bytes[at] !== 0x22) return undefined;
    const from = at++;
    while (at < end && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
    at = Math.min(at + 1, end);
    const text = decodeText(bytes, from, at);
    try {
      return JSON.parse(text) as string;
    } catch {
      return text.slice(1);
    }
  };
  const value = (name: string, depth: number): Field | undefined => {
    space();
    if (at >= end || ++nodes > NODES_MAX || depth > DEPTH_MAX) return undefined;
    const from = at;
    const byte = bytes[at];
    if (byte === 0x7b || byte === 0x5b) return container(name, byte === 0x7b, depth);
    const text = string();
    if (text !== undefined) return make(name, JSON.stringify(oneLine(text)), from);
    while (
      at < end &&
      !isSpace(bytes[at]) &&
      !",]}".includes(String.fromCharCode(bytes[at] as number))
    )
      at++;
    const word = decodeText(bytes, from, at);
    return /^(true|false|null|-?\d[\d.eE+-]*)$/.test(word) ? make(name, word, from) : undefined;
  };
  const container = (name: string, isObject: boolean, depth: number): Field => {
    const from = at++;
    const children: Field[] = [];
    const close = isObject ? 0x7d : 0x5d;
    for (let index = 0; ; index++) {
      space();
      if (at < end && bytes[at] === close) {
        at++;
        break;
      }
      if (index > 0) {
        if (bytes[at] !== 0x2c) break;
        at++;
        space();
      }
      let key: string | undefined = String(index);
      if (isObject) {
        key = string();
        space();
        if (key === undefined || bytes[at] !== 0x3a) break;
        at++;
      }
      const child = value(key, depth + 1);
      if (child === undefined) break;
      children.push(child);
    }
    const shown = oneLine(
      decodeText(bytes, from, Math.min(at, from + 200)).replace(/\s+/g, " "),
      60,
    );
    return make(name, shown, from, children);
  };
  return value("JSON", 0);
}
