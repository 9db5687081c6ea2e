/** Shows bytes of which nothing is known: packet by packet, as text or in hexadecimal. It fits anything. */
import { contentOf } from "../content/content.ts";
import type { Dissector } from "../message.ts";
import { isText, showBytes, size } from "../text.ts";

export const raw: Dissector = {
  name: "raw",
  title: "bytes",
  ports: [],
  isPacketwise: true,
  filters: [],
  looks: () => 1,
  open: () => ({
    read(bytes, at) {
      const end = bytes.length;
      const { summary, fields, flat } = contentOf(bytes.subarray(at), { place: { offset: at } });
      const shown = isText(bytes, at, end)
        ? summary
        : `${size(end - at)} ${showBytes(bytes, at, end, 48)}`;
      return { protocol: raw.name, role: "other", summary: shown, start: at, end, fields, flat };
    },
  }),
};
