/** Bytes as MONITOR and redis-cli show them. */

const named: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

/** Quotes the bytes and escapes unprintable characters. */
export function escapeBytes(text: string): string {
  return text.replace(/["\\]|[^ -~]/g, (c) => {
    if (c === '"' || c === "\\") return `\\${c}`;
    return named[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
