/** Splits an inline command into words as `sdssplitargs` does: quotes, escapes, hexadecimal bytes. */

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/** Returns the words of a line, or null if its quotes are not balanced. */
export function splitInline(line: string): string[] | null {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line.charCodeAt(at))) at++;
    if (at >= line.length) return words;
    let word = "";
    let quote = "";
    for (; ; at++) {
      const c = line[at];
      if (quote !== "") {
        if (c === undefined) return null;
        if (quote === '"' && c === "\\" && line[at + 1] === "x" && isHex(line, at + 2)) {
          word += String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 4), 16));
          at += 3;
        } else if (quote === '"' && c === "\\" && at + 1 < line.length) {
          at++;
          word += escapes[line[at] as string] ?? line[at];
        } else if (quote === "'" && c === "\\" && line[at + 1] === "'") {
          at++;
          word += "'";
        } else if (c === quote) {
          const next = line[at + 1];
          if (next !== undefined && !isSpace(next.charCodeAt(0))) return null;
          quote = "";
        } else {
          word += c;
        }
        continue;
      }
      if (c === undefined || isSpace(c.charCodeAt(0)) || c === "\0") break;
      if (c === '"' || c === "'") quote = c;
      else word += c;
    }
    words.push(word);
    if (line[at] === "\0") at++;
  }
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isHex(line: string, at: number): boolean {
  return /^[0-9a-fA-F]{2}$/.test(line.slice(at, at + 2));
}
