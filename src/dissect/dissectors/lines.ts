/** Dissects protocols of lines of text, JSON or other, that have no dissector of their own. */
import { contentOf } from "../content/content.ts";
import { type Dissector, Malformed } from "../message.ts";
import { decodeText, isText, oneLine } from "../text.ts";

const LOOKED_MAX = 512;
/** A line that is longer is no line. */
const LINE_MAX = 1 << 20;

export const lines: Dissector = {
  name: "text",
  title: "text",
  ports: [],
  filters: ["text.line"],
  // Without the end of a line, each packet is better shown by itself.
  looks(bytes) {
    let end = Math.min(bytes.length, LOOKED_MAX);
    // Not within a character.
    while (end < bytes.length && end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
    return bytes.subarray(0, end).includes(10) && isText(bytes, 0, end) ? 2 : 0;
  },
  open: () => ({
    read(bytes, at) {
      const lf = bytes.indexOf(10, at);
      const end = lf < 0 ? bytes.length : lf + 1;
      if (end - at > LINE_MAX || !isText(bytes, at, end)) throw new Malformed("no text");
      const last = lf < 0 ? end : lf > at && bytes[lf - 1] === 13 ? lf - 1 : lf;
      const text = decodeText(bytes, at, last);
      const content = contentOf(bytes.subarray(at, last), { place: { offset: at } });
      return {
        protocol: lines.name,
        role: "other",
        summary: oneLine(text),
        start: at,
        end,
        fields: content.fields,
        flat: { "text.line": text, ...content.flat },
      };
    },
    sync(bytes, at) {
      return bytes.indexOf(10, at) + 1 || -1;
    },
  }),
};
