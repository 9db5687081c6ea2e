/**
 * Header fields in the form in which Node's library passes them to native code: one string,
 * separated by zero bytes.
 */
import { Buffer } from "node:buffer";
import type { EncodableField } from "../../../wire/http2/index.ts";

const NO_INDEX = 1;
const rejected: EncodableField = { name: "\0", value: "\0" };

/**
 * Parses the fields of `[text, count]`, where each field is a name, a value and a flags character,
 * separated by zero bytes. If a value itself contains a zero byte, the result is fields that every
 * peer rejects.
 */
export function headerFields([text, count]: readonly [string, number]): EncodableField[] {
  const fields: EncodableField[] = [];
  for (let at = 0; at < text.length;) {
    if (fields.length >= count) return [rejected];
    const nameEnd = text.indexOf("\0", at);
    const valueEnd = text.indexOf("\0", nameEnd + 1);
    if (nameEnd < 0 || valueEnd < 0) return [rejected];
    const flags = text.charCodeAt(valueEnd + 1);
    fields.push({
      name: oneByte(text.slice(at, nameEnd)),
      value: oneByte(text.slice(nameEnd + 1, valueEnd)),
      sensitive: (flags & NO_INDEX) !== 0,
    });
    at = valueEnd + 2;
  }
  return fields;
}

/** V8 writes the low byte of each character. */
function oneByte(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) return Buffer.from(text, "latin1").toString("latin1");
  }
  return text;
}
