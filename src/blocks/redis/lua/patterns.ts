/** Lua's patterns over byte strings: a port of the matcher in lstrlib.c. */

const CAPTURES_MAX = 32;
const UNFINISHED = -1;
const POSITION = -2;

/** Raised for a pattern that makes no sense; the library turns it into a Lua error. */
export class PatternError extends Error {}

interface Capture {
  start: number;
  /** Length in bytes, or {@link UNFINISHED} or {@link POSITION}. */
  length: number;
}

const classes: Readonly<Record<string, (code: number) => boolean>> = {
  a: (c) => (c >= 65 && c <= 90) || (c >= 97 && c <= 122),
  c: (c) => c < 32 || c === 127,
  d: (c) => c >= 48 && c <= 57,
  l: (c) => c >= 97 && c <= 122,
  p: (c) =>
    (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126),
  s: (c) => c === 32 || (c >= 9 && c <= 13),
  u: (c) => c >= 65 && c <= 90,
  w: (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122),
  x: (c) => (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102),
  z: (c) => c === 0,
};

function inClass(code: number, name: string): boolean {
  const lower = name.toLowerCase();
  const test = classes[lower];
  if (!test) return name.charCodeAt(0) === code;
  return test(code) === (lower === name);
}

/** One attempt to match a pattern; the captures are what the last `match` left. */
export class Matcher {
  readonly #text: string;
  readonly #pattern: string;
  captures: Capture[] = [];

  constructor(text: string, pattern: string) {
    this.#text = text;
    this.#pattern = pattern;
  }

  /** Matches the pattern from `p` on against the text from `at` on; gives the end, or -1. */
  match(at: number, p: number): number {
    const pattern = this.#pattern;
    for (;;) {
      if (p >= pattern.length) return at;
      switch (pattern[p]) {
        case "(":
          return pattern[p + 1] === ")"
            ? this.#open(at, p + 2, POSITION)
            : this.#open(at, p + 1, UNFINISHED);
        case ")":
          return this.#close(at, p + 1);
        case "$":
          if (p + 1 === pattern.length) return at === this.#text.length ? at : -1;
          break;
        case "%":
          if (pattern[p + 1] === "b") {
            at = this.#balance(at, p + 2);
            if (at < 0) return -1;
            p += 4;
            continue;
          }
          if (pattern[p + 1] === "f") {
            p += 2;
            if (pattern[p] !== "[") throw new PatternError("missing '[' after '%f' in pattern");
            const end = this.#classEnd(p);
            const before = at === 0 ? 0 : this.#text.charCodeAt(at - 1);
            const here = at < this.#text.length ? this.#text.charCodeAt(at) : 0;
            if (this.#inSet(before, p, end - 1) || !this.#inSet(here, p, end - 1)) return -1;
            p = end;
            continue;
          }
          if (classes["d"]?.(pattern.charCodeAt(p + 1))) {
            at = this.#back(at, pattern.charCodeAt(p + 1) - 49);
            if (at < 0) return -1;
            p += 2;
            continue;
          }
          break;
        default:
      }
      const end = this.#classEnd(p);
      const hit = at < this.#text.length && this.#single(at, p, end);
      switch (pattern[end]) {
        case "?": {
          if (hit) {
            const rest = this.match(at + 1, end + 1);
            if (rest >= 0) return rest;
          }
          p = end + 1;
          continue;
        }
        case "*":
          return this.#most(at, p, end, 0);
        case "+":
          return hit ? this.#most(at, p, end, 1) : -1;
        case "-":
          return this.#least(at, p, end);
        default:
          if (!hit) return -1;
          at++;
          p = end;
      }
    }
  }

  /** The text of a capture, its position for `()`, or the whole match when there are none. */
  capture(index: number, start: number, end: number): string | number {
    const capture = this.captures[index];
    if (!capture) {
      if (index !== 0) throw new PatternError("invalid capture index");
      return this.#text.slice(start, end);
    }
    if (capture.length === POSITION) return capture.start + 1;
    if (capture.length === UNFINISHED) throw new PatternError("unfinished capture");
    return this.#text.substr(capture.start, capture.length);
  }

  /** All captures, or the whole match when there are none. */
  all(start: number, end: number): (string | number)[] {
    if (this.captures.length === 0) return [this.#text.slice(start, end)];
    return this.captures.map((_, index) => this.capture(index, start, end));
  }

  #open(at: number, p: number, length: number): number {
    if (this.captures.length >= CAPTURES_MAX) throw new PatternError("too many captures");
    this.captures.push({ start: at, length });
    const end = this.match(at, p);
    if (end < 0) this.captures.pop();
    return end;
  }

  #close(at: number, p: number): number {
    const open = this.captures.findLast((capture) => capture.length === UNFINISHED);
    if (!open) throw new PatternError("invalid pattern capture");
    open.length = at - open.start;
    const end = this.match(at, p);
    if (end < 0) open.length = UNFINISHED;
    return end;
  }

  #back(at: number, index: number): number {
    const capture = this.captures[index];
    if (!capture || capture.length === UNFINISHED) throw new PatternError("invalid capture index");
    const text = this.#text.substr(capture.start, capture.length);
    return this.#text.startsWith(text, at) ? at + text.length : -1;
  }

  #balance(at: number, p: number): number {
    const pattern = this.#pattern;
    if (p + 1 >= pattern.length) throw new PatternError("unbalanced pattern");
    if (this.#text[at] !== pattern[p]) return -1;
    let depth = 1;
    for (let i = at + 1; i < this.#text.length; i++) {
      if (this.#text[i] === pattern[p + 1]) {
        if (--depth === 0) return i + 1;
      } else if (this.#text[i] === pattern[p]) {
        depth++;
      }
    }
    return -1;
  }

  #most(at: number, p: number, end: number, least: number): number {
    let count = 0;
    while (at + count < this.#text.length && this.#single(at + count, p, end)) count++;
    for (; count >= least; count--) {
      const rest = this.match(at + count, end + 1);
      if (rest >= 0) return rest;
    }
    return -1;
  }

  #least(at: number, p: number, end: number): number {
    for (;;) {
      const rest = this.match(at, end + 1);
      if (rest >= 0) return rest;
      if (at >= this.#text.length || !this.#single(at, p, end)) return -1;
      at++;
    }
  }

  #single(at: number, p: number, end: number): boolean {
    const code = this.#text.charCodeAt(at);
    switch (this.#pattern[p]) {
      case ".":
        return true;
      case "%":
        return inClass(code, this.#pattern[p + 1] as string);
      case "[":
        return this.#inSet(code, p, end - 1);
      default:
        return this.#pattern.charCodeAt(p) === code;
    }
  }

  /** The place after the single-character class at `p`. */
  #classEnd(p: number): number {
    const pattern = this.#pattern;
    const c = pattern[p++];
    if (c === "%") {
      if (p >= pattern.length) throw new PatternError("malformed pattern (ends with '%')");
      return p + 1;
    }
    if (c !== "[") return p;
    if (pattern[p] === "^") p++;
    do {
      if (p >= pattern.length) throw new PatternError("malformed pattern (missing ']')");
      if (pattern[p++] === "%") p++;
    } while (pattern[p] !== "]");
    return p + 1;
  }

  /** True when `code` is in the set from `[` at `p` to `]` at `close`. */
  #inSet(code: number, p: number, close: number): boolean {
    const pattern = this.#pattern;
    let hit = true;
    if (pattern[p + 1] === "^") {
      hit = false;
      p++;
    }
    while (++p < close) {
      if (pattern[p] === "%") {
        p++;
        if (inClass(code, pattern[p] as string)) return hit;
      } else if (pattern[p + 1] === "-" && p + 2 < close) {
        if (pattern.charCodeAt(p) <= code && code <= pattern.charCodeAt(p + 2)) return hit;
        p += 2;
      } else if (pattern.charCodeAt(p) === code) {
        return hit;
      }
    }
    return !hit;
  }
}
