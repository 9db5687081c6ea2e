/**
 * Decodes what a Redis server sends: replies and pushes of RESP2 and RESP3, in chunks of any size.
 */
import { latin1 } from "./latin1.ts";
import {
  BigNumber,
  Bool,
  Double,
  MapReply,
  NULL_ARRAY,
  PushReply,
  type Reply,
  RespError,
  SetReply,
  Status,
  Verbatim,
} from "./resp-values.ts";

const MORE = Symbol("more bytes are needed");

/** An incremental decoder of replies. Pass bytes to `push`, then read replies with `next`. */
export class ReplyDecoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  push(chunk: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    if (rest.length === 0) {
      this.#bytes = chunk;
    } else {
      const joined = new Uint8Array(rest.length + chunk.length);
      joined.set(rest, 0);
      joined.set(chunk, rest.length);
      this.#bytes = joined;
    }
    this.#at = 0;
  }

  /**
   * Returns the next complete reply and its raw bytes, or undefined if more bytes are needed.
   * Throws a SyntaxError if the bytes are not RESP.
   */
  next(): { reply: Reply; raw: string } | undefined {
    const start = this.#at;
    const reply = this.#value();
    if (reply === MORE) {
      this.#at = start;
      return undefined;
    }
    return { reply, raw: latin1(this.#bytes, start, this.#at) };
  }

  #line(): string | typeof MORE {
    let cr = this.#bytes.indexOf(13, this.#at);
    while (cr >= 0 && cr + 1 < this.#bytes.length && this.#bytes[cr + 1] !== 10) {
      cr = this.#bytes.indexOf(13, cr + 1);
    }
    if (cr < 0 || cr + 1 >= this.#bytes.length) return MORE;
    const text = latin1(this.#bytes, this.#at, cr);
    this.#at = cr + 2;
    return text;
  }

  #value(): Reply | typeof MORE {
    const line = this.#line();
    if (line === MORE) return MORE;
    const text = line.slice(1);
    switch (line[0]) {
      case "+":
        return new Status(text);
      case "-":
        return new RespError(text);
      case ":": {
        const small = Number(text);
        return Number.isSafeInteger(small) ? small : BigInt(text);
      }
      case "_":
        return null;
      case ",":
        return new Double(
          text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text),
          text,
        );
      case "#":
        return new Bool(text === "t");
      case "(":
        return new BigNumber(text);
      case "$":
      case "!":
      case "=":
        return this.#bulk(line[0], Number(text));
      case "*":
      case "%":
      case "~":
      case ">":
        return this.#aggregate(line[0], Number(text));
      default:
        throw new SyntaxError(`not a reply: ${JSON.stringify(line.slice(0, 40))}`);
    }
  }

  #bulk(mark: string, length: number): Reply | typeof MORE {
    if (length < 0) return null;
    const end = this.#at + length;
    if (end + 2 > this.#bytes.length) return MORE;
    const text = latin1(this.#bytes, this.#at, end);
    this.#at = end + 2;
    if (mark === "!") return new RespError(text);
    return mark === "=" ? new Verbatim(text.slice(0, 3), text.slice(4)) : text;
  }

  #aggregate(mark: string, count: number): Reply | typeof MORE {
    if (count < 0) return NULL_ARRAY;
    const items: Reply[] = [];
    for (let left = mark === "%" ? count * 2 : count; left > 0; left--) {
      const item = this.#value();
      if (item === MORE) return MORE;
      items.push(item);
    }
    if (mark === "%") return new MapReply(items);
    if (mark === "~") return new SetReply(items);
    return mark === ">" ? new PushReply(items) : items;
  }
}
