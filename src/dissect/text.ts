/** Bytes as text for people: one line, of bounded length. */

const SHOWN_MAX = 80;
const SHORT = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns bytes as UTF-8 text, or as one character a byte if they are not UTF-8. */
export function decodeText(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  // Most texts are short and plain: a decoder takes longer to ask than they do.
  if (end - start < SHORT) {
    let at = start;
    while (at < end && (bytes[at] as number) < 128) at++;
    if (at === end) return latin(bytes, start, end);
  }
  const part = bytes.subarray(start, end);
  try {
    return utf8.decode(part);
  } catch {
    return latin(part);
  }
}

/** Returns bytes as text with one character a byte. */
export function latin(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = "";
  if (end - start < SHORT) {
    for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
    return text;
  }
  for (let at = start; at < end; at += 4_096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4_096)));
  }
  return text;
}

/** Escapes what is not printable, and cuts long text. */
export function oneLine(text: string, max: number = SHOWN_MAX): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text;
  if (/^[ -~…]*$/.test(cut)) return cut;
  return cut.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd]/g, (c) => {
    if (c === "\n") return "\\n";
    if (c === "\r") return "\\r";
    if (c === "\t") return "\\t";
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** Shows bytes as one line: as text if they are text, otherwise in hexadecimal. */
export function showBytes(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
  max: number = SHOWN_MAX,
): string {
  // A character takes up to four bytes; a cut in its middle does not make the rest unreadable.
  let stop = Math.min(end, start + max * 4);
  while (stop < end && stop > start && ((bytes[stop] as number) & 0xc0) === 0x80) stop--;
  return isText(bytes, start, stop)
    ? oneLine(decodeText(bytes, start, stop), max)
    : hex(bytes, start, end, max >> 1);
}

/** Hexadecimal digits of bytes, cut after `max` bytes. */
export function hex(bytes: Uint8Array, start: number, end: number, max = 24): string {
  let out = "";
  for (let at = start; at < Math.min(end, start + max); at++) {
    out += (bytes[at] as number).toString(16).padStart(2, "0");
  }
  return end - start > max ? `${out}…` : out;
}

/** Whether bytes are valid UTF-8 without control characters other than white space. */
export function isText(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  let isPlain = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte > 127) isPlain = false;
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) return false;
    if (byte === 127) return false;
  }
  if (isPlain) return true;
  try {
    utf8.decode(bytes.subarray(start, end));
    return true;
  } catch {
    return false;
  }
}

/** "24 B", "1.5 kB", "3.0 MB". */
export function size(count: number): string {
  if (count < 1_000) return `${count} B`;
  return count < 1_000_000
    ? `${(count / 1_000).toFixed(1)} kB`
    : `${(count / 1_000_000).toFixed(1)} MB`;
}

/** Text with its percent signs and what follows them decoded, if they can be. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
