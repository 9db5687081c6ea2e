/** Splits a filter into tokens, each with its place, so that messages can point at it. */

/** A token of a filter. */
export interface Token {
  readonly type: "word" | "operator" | "and" | "or" | "not" | "open" | "close" | "link";
  /** The text without quotes. */
  readonly text: string;
  readonly quoted: boolean;
  readonly from: number;
  readonly to: number;
}

/** What is wrong with a filter, and where. */
export class FilterError extends Error {
  readonly from: number;
  readonly to: number;

  constructor(message: string, from: number, to: number) {
    super(message);
    this.from = from;
    this.to = Math.max(to, from + 1);
  }
}

const OPERATORS = ["!=", ">=", "<=", "=", "~", ":", ">", "<"] as const;
const WORDS: Readonly<Record<string, Token["type"]>> = {
  and: "and",
  or: "or",
  not: "not",
  after: "link",
  before: "link",
  unless: "link",
};

/** Splits `text`. Throws {@link FilterError}. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (type: Token["type"], to: number, shown = text.slice(at, to), quoted = false) => {
    tokens.push({ type, text: shown, quoted, from: at, to });
    at = to;
  };
  while (at < text.length) {
    const character = text[at] as string;
    const operator = OPERATORS.find((each) => text.startsWith(each, at));
    if (/\s/.test(character)) at++;
    else if (character === "(") push("open", at + 1);
    else if (character === ")") push("close", at + 1);
    else if (text.startsWith("&&", at)) push("and", at + 2);
    else if (text.startsWith("||", at)) push("or", at + 2);
    else if (operator !== undefined) push("operator", at + operator.length);
    else if (character === "!") push("not", at + 1);
    else if (character === '"' || character === "'") {
      const end = text.indexOf(character, at + 1);
      if (end < 0) throw new FilterError(`the quote ${character} is not closed`, at, text.length);
      push("word", end + 1, text.slice(at + 1, end), true);
    } else {
      const word = /^[^\s()"'=~:<>!]+/.exec(text.slice(at))?.[0] ?? character;
      push(WORDS[word.toLowerCase()] ?? "word", at + word.length);
    }
  }
  return tokens;
}
