/** Glob patterns over byte strings, with exactly the semantics of `stringmatchlen` in util.c. */

/**
 * Returns true if `text` matches `pattern`. Only the last star is ever retried, so it takes linear
 * space.
 */
export function globMatch(pattern: string, text: string): boolean {
  if (pattern === "*") return true;
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starText = 0;
  for (;;) {
    if (t < text.length && pattern[p] === "*") {
      while (pattern[p + 1] === "*") p++;
      if (p + 1 >= pattern.length) return true;
      starAt = p++;
      starText = t;
      continue;
    }
    const next = t < text.length && p < pattern.length ? matchOne(pattern, p, text, t) : -1;
    if (next >= 0) {
      p = next;
      t++;
      continue;
    }
    if (t >= text.length) {
      while (pattern[p] === "*") p++;
      if (p >= pattern.length) return true;
    }
    // Let the last star match one more character, if there is one.
    if (starAt < 0 || ++starText >= text.length) return false;
    p = starAt + 1;
    t = starText;
  }
}

/** Matches one character. Returns the index in the pattern after what it matched, or -1. */
function matchOne(pattern: string, p: number, text: string, t: number): number {
  if (pattern[p] === "?") return p + 1;
  if (pattern[p] === "[") {
    const [last, hit] = matchClass(pattern, p + 1, text.charCodeAt(t));
    return hit ? last + 1 : -1;
  }
  const at = pattern[p] === "\\" && p + 1 < pattern.length ? p + 1 : p;
  return pattern[at] === text[t] ? at + 1 : -1;
}

/**
 * Parses the class after `[`. Returns the index of its last character, and whether `code` is in it.
 */
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
