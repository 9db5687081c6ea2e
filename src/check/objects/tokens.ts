/** How texts that were read are made of a first value and of what was appended to it. */

/** A set of texts, or a map by text. */
export interface Texts {
  has(text: string): boolean;
  keys(): Iterable<string>;
}

/** In how many ways a text can be made; two stands for more as well. */
export type Ways = 0 | 1 | 2;

/**
 * Takes texts apart into a first value and appended ones. Give it texts in sorted order: what a text shares
 * with the one before is not looked at again, so that all beginnings of a long text cost what it costs alone.
 */
export class TextParser {
  readonly #starts: Texts;
  readonly #tokens: Texts;
  readonly #startLengths: readonly number[];
  readonly #tokenLengths: readonly number[];
  /** Of the text before: by length of its beginnings, in how many ways each can be made. */
  readonly #ways: Ways[] = [];
  /** The length of the last token of each beginning; 0 where it is a first value. */
  readonly #last: number[] = [];
  #text = "";
  #parsed = -1;

  /** `starts`: the first values; `tokens`: what was appended, of which the empty text changes nothing. */
  constructor(starts: Texts, tokens: Texts) {
    this.#starts = starts;
    this.#tokens = tokens;
    this.#startLengths = lengthsOf(starts);
    this.#tokenLengths = lengthsOf(tokens).filter((length) => length > 0);
  }

  /** In how many ways `text` can be made. */
  ways(text: string): Ways {
    let at = Math.min(commonLength(this.#text, text), this.#parsed) + 1;
    for (; at <= text.length; at++) this.#parseTo(text, at);
    this.#text = text;
    this.#parsed = text.length;
    return this.#ways[text.length] as Ways;
  }

  /**
   * Where the parts of the text last asked about end, if there is but one way to make it: the last token
   * first, the first value last.
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

/** How many characters two texts share at their beginning. */
function commonLength(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
