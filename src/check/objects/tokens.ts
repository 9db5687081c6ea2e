/** Splits texts that were read into an initial value and the texts appended to it. */

/** A set of texts, or a map by text. */
export interface Texts {
  has(text: string): boolean;
  keys(): Iterable<string>;
}

/** The number of ways in which a text can be composed; 2 means two or more. */
export type Ways = 0 | 1 | 2;

/**
 * Splits texts into an initial value and appended ones. Texts should be passed in sorted order: the prefix
 * shared with the previous text is not processed again, so all prefixes of a long text together cost as
 * much as the text alone.
 */
export class TextParser {
  readonly #starts: Texts;
  readonly #tokens: Texts;
  readonly #startLengths: readonly number[];
  readonly #tokenLengths: readonly number[];
  /** For the previous text: by length of its prefixes, the number of ways to compose each. */
  readonly #ways: Ways[] = [];
  /** The length of the last token of each prefix; 0 for an initial value. */
  readonly #last: number[] = [];
  #text = "";
  #parsed = -1;

  /** `starts`: the initial values. `tokens`: the appended texts; the empty text is ignored. */
  constructor(starts: Texts, tokens: Texts) {
    this.#starts = starts;
    this.#tokens = tokens;
    this.#startLengths = lengthsOf(starts);
    this.#tokenLengths = lengthsOf(tokens).filter((length) => length > 0);
  }

  /** The number of ways to compose `text`. */
  ways(text: string): Ways {
    let at = Math.min(commonLength(this.#text, text), this.#parsed) + 1;
    for (; at <= text.length; at++) this.#parseTo(text, at);
    this.#text = text;
    this.#parsed = text.length;
    return this.#ways[text.length] as Ways;
  }

  /**
   * The end positions of the parts of the text last passed to `ways`, if there is only one way to compose
   * it. The last token comes first, the initial value last.
   */
  ends(): number[] {
    const ends: number[] = [];
    for (let at = this.#parsed; ; at -= this.#last[at] as number) {
      ends.push(at);
      if (this.#last[at] === 0) return ends;
    }
  }

  #parseTo(text: string, at: number): void {
    const ways = this.#ways;
    let found = 0;
    for (const length of this.#startLengths) {
      if (length > at) break;
      if (length === at && this.#starts.has(text.slice(0, at))) {
        found = 1;
        this.#last[at] = 0;
      }
    }
    for (const length of this.#tokenLengths) {
      if (length > at || found > 1) break;
      const before = ways[at - length] as number;
      if (before === 0 || !this.#tokens.has(text.slice(at - length, at))) continue;
      found += before;
      this.#last[at] = length;
    }
    ways[at] = found > 1 ? 2 : (found as Ways);
  }
}

function lengthsOf(texts: Texts): number[] {
  const lengths = new Set<number>();
  for (const { length } of texts.keys()) lengths.add(length);
  return [...lengths].sort((a, b) => a - b);
}

/** The length of the common prefix of two texts. */
function commonLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
