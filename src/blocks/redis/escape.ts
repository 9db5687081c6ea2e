/** Bytes as MONITOR and redis-cli show them. */

const named: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
};

/** The bytes between quotes, with what is not printable escaped. */
export function escapeBytes(text: string): string {
  return text.replace(/["\\]|[^ -~]/g, (c) => {
    if (c === '"' || c === "\\") return `\\${c}`;
    return named[c] ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
