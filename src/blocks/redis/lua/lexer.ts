/** Lua 5.1's tokens. */
import { LuaError } from "./values.ts";

/** A token: its kind (a keyword or operator is its own kind), its text or value, and its line. */
export interface Token {
  readonly kind: string;
  readonly text: string;
  readonly value?: number | string;
  readonly line: number;
}

const keywords = new Set(
  "and break do else elseif end false for function if in local nil not or repeat return then true until while".split(
    " ",
  ),
);
const operator = /\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.]/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const longOpen = /\[(=*)\[/y;
const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

export class Lexer {
  readonly #source: string;
  readonly #name: string;
  #at = 0;
  line = 1;

  constructor(source: string, name: string) {
    this.#source = source;
    this.#name = name;
    if (source.startsWith("#")) this.#at = this.#endOfLine(0);
  }

  /** A syntax error at the current line. */
  fail(message: string, near?: string): never {
    const where = near === undefined ? "" : ` near '${near}'`;
    throw new LuaError(`${this.#name}:${this.line}: ${message}${where}`, this.line);
  }

  next(): Token {
    this.#skip();
    const { line } = this;
    const source = this.#source;
    const c = source[this.#at];
    if (c === undefined) return { kind: "eof", text: "<eof>", line };
    const name = this.#take(word);
    if (name !== undefined) return { kind: keywords.has(name) ? name : "name", text: name, line };
    const digits = this.#take(number);
    if (digits !== undefined) {
      const rest = this.#take(word);
      if (rest !== undefined) this.fail("malformed number", digits + rest);
      return { kind: "number", text: digits, value: Number(digits), line };
    }
    if (c === '"' || c === "'") {
      const value = this.#quoted(c);
      return { kind: "string", text: value, value, line };
    }
    if (c === "[") {
      const value = this.#long();
      if (value !== undefined) return { kind: "string", text: value, value, line };
    }
    const symbol = this.#take(operator);
    if (symbol === undefined) this.fail("unexpected symbol", c);
    return { kind: symbol, text: symbol, line };
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (!match) return undefined;
    this.#at += match[0].length;
    return match[0];
  }

  #endOfLine(from: number): number {
    const end = this.#source.indexOf("\n", from);
    return end < 0 ? this.#source.length : end;
  }

  /** Skips spaces and comments. */
  #skip(): void {
    for (;;) {
      const code = this.#source.charCodeAt(this.#at);
      if (code === 10) this.line++;
      if (code === 32 || (code >= 9 && code <= 13)) {
        this.#at++;
      } else if (this.#source.startsWith("--", this.#at)) {
        this.#at += 2;
        if (this.#source[this.#at] !== "[" || this.#long() === undefined) {
          this.#at = this.#endOfLine(this.#at);
        }
      } else {
        return;
      }
    }
  }

  /** A long bracket at the cursor, or undefined when there is none. */
  #long(): string | undefined {
    longOpen.lastIndex = this.#at;
    const open = longOpen.exec(this.#source);
    if (!open) return undefined;
    const close = `]${open[1] as string}]`;
    let start = this.#at + open[0].length;
    const end = this.#source.indexOf(close, start);
    if (end < 0) this.fail("unfinished long string/comment", "<eof>");
    if (this.#source[start] === "\r") start++;
    if (this.#source[start] === "\n") {
      start++;
      this.line++;
    }
    const text = this.#source.slice(start, end);
    for (const c of text) if (c === "\n") this.line++;
    this.#at = end + close.length;
    return text;
  }

  #quoted(quote: string): string {
    const source = this.#source;
    const start = this.#at;
    let out = "";
    for (this.#at++; ;) {
      const c = source[this.#at++];
      if (c === undefined || c === "\n")
        this.fail("unfinished string", source.slice(start, this.#at - 1));
      if (c === quote) return out;
      if (c !== "\\") {
        out += c;
        continue;
      }
      const e = source[this.#at++] ?? "";
      if (e >= "0" && e <= "9") {
        let digits = e;
        while (digits.length < 3 && /[0-9]/.test(source[this.#at] ?? ""))
          digits += source[this.#at++];
        if (Number(digits) > 255)
          this.fail("escape sequence too large", source.slice(start, this.#at));
        out += String.fromCharCode(Number(digits));
      } else {
        if (e === "\n") this.line++;
        out += escapes[e] ?? e;
      }
    }
  }
}
