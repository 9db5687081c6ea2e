/** Header fields as Node's library hands them to native code: one string, zero bytes between. */
import type { EncodableField } from "../../../wire/http2/index.ts";

const NO_INDEX = 1;

/**
 * The fields of `[text, count]`, where each field is name, value and a flags character, parted by zero
 * bytes. `undefined` when a value holds a zero byte itself, which nothing could carry.
 */
export function headerFields([text, count]: readonly [string, number]):
  | EncodableField[]
  | undefined {
  const fields: EncodableField[] = [];
  for (let at = 0; at < text.length;) {
    if (fields.length >= count) return undefined;
    const nameEnd = text.indexOf("\0", at);
    const valueEnd = text.indexOf("\0", nameEnd + 1);
    if (nameEnd < 0 || valueEnd < 0) return undefined;
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
