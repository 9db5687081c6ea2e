/**
 * Parses filters, in the manner of Wireshark's display filters:
 *
 *     host:worker-* redis.cmd=GET t>1.2s !heartbeat
 *     kind=drop after fault:pause
 *
 * Terms beside each other must all hold; `or` (`||`), `!` (`not`) and parentheses work as expected. A word alone is
 * looked for in what the list says of an event. `X after Y`: events X that an event Y could have influenced;
 * `X before Y`: events X that could have influenced an event Y; `X unless Y`: events X that no Y could have.
 */
import { FilterError, type Token, tokenize } from "./lexer.ts";

/** How a field is compared. */
export type Comparison = ":" | "=" | "!=" | "~" | ">" | ">=" | "<" | "<=";

/** A parsed filter. */
export type Filter =
  | { readonly type: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | { readonly type: "not"; readonly of: Filter }
  | {
      readonly type: "link";
      readonly link: "after" | "before" | "unless";
      readonly left: Filter;
      readonly right: Filter;
    }
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "field";
      readonly field: string;
      readonly comparison: Comparison;
      readonly value: string;
      readonly from: number;
      readonly to: number;
    };

/** Parses `text`; `undefined` for an empty filter. Throws {@link FilterError}, which points at the place. */
export function parseFilter(text: string): Filter | undefined {
  const tokens = tokenize(text);
  if (tokens.length === 0) return undefined;
  const parser = new Parser(tokens, text.length);
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  whole(): Filter {
    const filter = this.#linked();
    const rest = this.#tokens[this.#at];
    if (rest) throw new FilterError(`"${rest.text}" closes nothing`, rest.from, rest.to);
    return filter;
  }

  #linked(): Filter {
    let left = this.#either();
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.type !== "link") return left;
      this.#at++;
      const link = token.text.toLowerCase() as "after" | "before" | "unless";
      left = { type: "link", link, left, right: this.#either() };
    }
  }

  #either(): Filter {
    let left = this.#all();
    while (this.#take("or")) left = { type: "or", left, right: this.#all() };
    return left;
  }

  #all(): Filter {
    let left = this.#one();
    for (;;) {
      const joined = this.#take("and");
      const next = this.#tokens[this.#at]?.type;
      if (!joined && next !== "word" && next !== "not" && next !== "open" && next !== "operator")
        return left;
      left = { type: "and", left, right: this.#one() };
    }
  }

  #one(): Filter {
    if (this.#take("not")) return { type: "not", of: this.#one() };
    const token = this.#tokens[this.#at];
    if (!token) throw new FilterError("something is missing at the end", this.#end, this.#end + 1);
    if (this.#take("open")) {
      const inner = this.#linked();
      if (!this.#take("close")) {
        throw new FilterError("the parenthesis is not closed", token.from, token.to);
      }
      return inner;
    }
    if (token.type !== "word") {
      throw new FilterError(`"${token.text}" needs something before it`, token.from, token.to);
    }
    this.#at++;
    const operator = this.#tokens[this.#at];
    if (operator?.type !== "operator" || token.quoted) return { type: "text", text: token.text };
    this.#at++;
    const value = this.#tokens[this.#at];
    // A word such as "after" is a value here.
    const isValue = value && !["open", "close", "operator"].includes(value.type);
    if (!isValue) {
      const message = `"${token.text}${operator.text}" needs a value`;
      throw new FilterError(message, operator.from, operator.to);
    }
    this.#at++;
    return {
      type: "field",
      field: token.text.toLowerCase(),
      comparison: operator.text as Comparison,
      value: value.text,
      from: token.from,
      to: value.to,
    };
  }

  #take(type: Token["type"]): boolean {
    if (this.#tokens[this.#at]?.type !== type) return false;
    this.#at++;
    return true;
  }
}
