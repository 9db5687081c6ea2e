/** Dissects DNS messages, in datagrams and in streams. */
import { type Dissector, Malformed, type ReadMessage } from "../message.ts";
import { Reader } from "../reader.ts";
import { latin, oneLine } from "../text.ts";

const HEAD = 12;
const JUMPS_MAX = 32;
const types: Readonly<Record<number, string>> = {
  ...{ 1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA" },
  ...{ 33: "SRV", 35: "NAPTR", 41: "OPT", 255: "ANY", 257: "CAA" },
};
const codes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

export const dns: Dissector = {
  name: "dns",
  title: "DNS",
  ports: [53, 5353],
  filters: ["dns.name", "dns.type", "dns.code", "dns.id"],
  looks(bytes, side) {
    const isStream =
      bytes.length > 2 && ((bytes[0] as number) << 8) + (bytes[1] as number) <= bytes.length - 2;
    return Math.max(likeness(bytes, side), isStream ? likeness(bytes.subarray(2), side) : 0) as
      | 0
      | 2;
  },
  open: () => ({
    read(bytes, at) {
      // In a stream, a length comes first.
      if (at === 0 && likeness(bytes, 0) + likeness(bytes, 1) > 0)
        return message(bytes, 0, bytes.length);
      if (at + 2 > bytes.length) return undefined;
      const end = at + 2 + new Reader(bytes, at).peek(2);
      return end > bytes.length ? undefined : message(bytes, at, end, 2);
    },
  }),
};

function likeness(bytes: Uint8Array, side: 0 | 1): 0 | 2 {
  if (bytes.length < HEAD) return 0;
  const reader = new Reader(bytes);
  const flags = reader.peek(2, 2);
  const fits = flags >> 15 === side && ((flags >> 11) & 15) <= 5 && (flags & 0x40) === 0;
  if (!fits || reader.peek(2, 4) !== 1 || reader.peek(2, 6) > 100 || (flags & 15) > 5) return 0;
  reader.at = HEAD;
  try {
    nameOf(reader, 0);
    return types[reader.peek(2)] === undefined ? 0 : 2;
  } catch {
    return 0;
  }
}

function message(bytes: Uint8Array, start: number, end: number, prefix = 0): ReadMessage {
  const reader = new Reader(bytes, start, end);
  if (prefix > 0) reader.uint("length", 2);
  const base = reader.at;
  const id = reader.uint("id", 2);
  const flags = reader.uint("flags", 2, (value) => `0x${value.toString(16).padStart(4, "0")}`);
  const counts = ["questions", "answers", "authorities", "additional"].map((name) =>
    reader.uint(name, 2),
  );
  const isReply = flags >> 15 === 1;
  const code = codes[flags & 15] ?? String(flags & 15);
  const flat: Record<string, string | number> = { "dns.id": id };
  if (isReply) flat["dns.code"] = code;
  const answers: string[] = [];
  let asked = "";
  reader.attempt(() => {
    for (let i = 0; i < (counts[0] as number); i++) {
      reader.group("question", () => {
        const name = question(reader, base);
        const type = reader.uint("type", 2, (value) => types[value] ?? String(value));
        reader.uint("class", 2);
        flat["dns.name"] = name;
        flat["dns.type"] = types[type] ?? type;
        asked = `${types[type] ?? type} ${name}`;
        return asked;
      });
    }
    ["answer", "authority", "additional"].forEach((section, index) => {
      for (let i = 0; i < (counts[index + 1] as number); i++) {
        reader.group(section, () => {
          const told = record(reader, base);
          if (index === 0) answers.push(told.data);
          return told.line;
        });
      }
    });
  });
  const result = code !== "NOERROR" ? code : answers.join(" ") || "no records";
  return {
    protocol: dns.name,
    role: isReply ? "reply" : "request",
    summary: oneLine(isReply ? `${asked}: ${result}` : asked),
    start,
    end,
    fields: reader.fields,
    flat,
    pair: `${id}`,
  };
}

function question(reader: Reader, base: number): string {
  const start = reader.at;
  const name = nameOf(reader, base);
  reader.note("name", name, start);
  return name;
}

function record(reader: Reader, base: number): { line: string; data: string } {
  const name = question(reader, base);
  const type = reader.uint("type", 2, (value) => types[value] ?? String(value));
  if (type === 41) {
    reader.raw("options", reader.left < 8 ? reader.left : 6 + reader.peek(2, reader.at + 6) + 2);
    return { line: "OPT", data: "" };
  }
  reader.uint("class", 2);
  reader.uint("time to live", 4, (seconds) => `${seconds}s`);
  const length = reader.uint("length", 2);
  const start = reader.at;
  const end = start + length;
  if (end > reader.end) throw new Malformed("too short");
  const data = recordData(reader, type, length, base);
  reader.at = end;
  reader.note("data", data, start);
  return { line: `${types[type] ?? type} ${name} ${data}`, data };
}

function recordData(reader: Reader, type: number, length: number, base: number): string {
  const { bytes, at } = reader;
  if (type === 1 && length === 4) return bytes.subarray(at, at + 4).join(".");
  if (type === 28 && length === 16) {
    const groups = Array.from({ length: 8 }, (_, i) => reader.peek(2, at + i * 2).toString(16));
    return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
  }
  if (type === 2 || type === 5 || type === 12) return nameOf(reader, base);
  if (type === 15 || type === 33) {
    const numbers = Array.from({ length: type === 15 ? 1 : 3 }, () => {
      const value = reader.peek(2);
      reader.skip(2);
      return value;
    });
    return [...numbers, nameOf(reader, base)].join(" ");
  }
  if (type === 16) return JSON.stringify(latin(bytes, at + 1, at + length));
  return `${length} B`;
}

/** A name, whose end may be a pointer to an earlier one. */
function nameOf(reader: Reader, base: number): string {
  const { bytes, end } = reader;
  const labels: string[] = [];
  let at = reader.at;
  let next: number | undefined;
  for (let jumps = 0; ;) {
    const length = bytes[at];
    if (length === undefined || at >= end) throw new Malformed("too short");
    if (length === 0) break;
    if (length >= 192) {
      next ??= at + 2;
      at = base + (((length & 63) << 8) | (bytes[at + 1] ?? 0));
      if (++jumps > JUMPS_MAX) throw new Malformed("a name in circles");
    } else if (length > 63 || at + 1 + length > end) {
      throw new Malformed("bad label");
    } else {
      labels.push(oneLine(latin(bytes, at + 1, at + 1 + length)));
      at += 1 + length;
      if (labels.length > 128) throw new Malformed("a name without an end");
    }
  }
  reader.at = next ?? at + 1;
  return labels.join(".") || ".";
}
