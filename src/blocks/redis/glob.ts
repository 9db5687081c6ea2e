/** Glob patterns over byte strings, exactly as `stringmatchlen` of util.c reads them. */

/** True when `text` matches `pattern`. */
export function globMatch(pattern: string, text: string): boolean {
  if (pattern === "*") return true;
  return match(pattern, 0, text, 0);
}

function match(pattern: string, p: number, text: string, t: number): boolean {
  while (p < pattern.length && t < text.length) {
    switch (pattern[p]) {
      case "*": {
        while (pattern[p + 1] === "*") p++;
        if (p + 1 >= pattern.length) return true;
        for (; t <= text.length; t++) if (match(pattern, p + 1, text, t)) return true;
        return false;
      }
      case "?":
        t++;
        break;
      case "[": {
        const [next, hit] = matchClass(pattern, p + 1, text.charCodeAt(t));
        if (!hit) return false;
        p = next;
        t++;
        break;
      }
      default: {
        if (pattern[p] === "\\" && p + 1 < pattern.length) p++;
        if (pattern[p] !== text[t]) return false;
        t++;
      }
    }
    p++;
  }
  if (t >= text.length) while (pattern[p] === "*") p++;
  return p >= pattern.length && t >= text.length;
}

/** Reads the class after `[`; gives the place of its last character, and whether `code` is in it. */
function matchClass(pattern: string, p: number, code: number): [number, boolean] {
  const negated = pattern[p] === "^";
  if (negated) p++;
  let hit = false;
  for (; ; p++) {
    if (p >= pattern.length) {
      p--;
      break;
    }
    if (pattern[p] === "\\" && p + 1 < pattern.length) {
      p++;
      if (pattern.charCodeAt(p) === code) hit = true;
    } else if (pattern[p] === "]") {
      break;
    } else if (pattern[p + 1] === "-" && p + 2 < pattern.length) {
      const from = pattern.charCodeAt(p);
      const to = pattern.charCodeAt(p + 2);
      if (code >= Math.min(from, to) && code <= Math.max(from, to)) hit = true;
      p += 2;
    } else if (pattern.charCodeAt(p) === code) {
      hit = true;
    }
  }
  return [p, negated ? !hit : hit];
}
