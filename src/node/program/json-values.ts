/**
 * Parses JSON files that processes load again and again, such as tables of MIME types. From the third
 * time on, a text is run as an object literal, which V8 copies from a template: this is several times
 * as fast as parsing, and each process still gets objects of its own.
 */
import { Script } from "node:vm";
import { withoutView } from "../views/view.ts";

/** Parsing a shorter text is fast enough. */
const WORTHWHILE_CHARACTERS = 4_000;
/** The number of times that a text is parsed before it is compiled. */
const PARSED_TIMES = 2;
/** The maximum number of texts that are remembered: programs may write new ones in every run. */
const TEXTS_MAX = 1_000;

/** In a literal, the name `__proto__` sets the prototype. Its letters may be written as escapes. */
const MAY_NAME_PROTO = /__proto__|\\u00(?:5f|70|72|6f|74)/i;

const parsedTimes = new Map<string, number>();
const literals = new Map<string, () => unknown>();

const { parse } = JSON;

/** Returns what `JSON.parse(text)` returns, and throws what it throws. */
export function jsonValue(text: string): unknown {
  if (text.length < WORTHWHILE_CHARACTERS) return parse(text);
  const known = literals.get(text);
  if (known !== undefined) return known();
  const times = (parsedTimes.get(text) ?? 0) + 1;
  if (parsedTimes.size >= TEXTS_MAX) {
    parsedTimes.clear();
    literals.clear();
  }
  parsedTimes.set(text, times);
  if (times <= PARSED_TIMES) return parse(text);
  const literal = withoutView(() => compile(text));
  literals.set(text, literal);
  return literal();
}

function compile(text: string): () => unknown {
  const parsed = (): unknown => parse(text);
  if (MAY_NAME_PROTO.test(text)) return parsed;
  try {
    parse(text);
    return new Script(`() => (${text}\n)`).runInThisContext() as () => unknown;
  } catch {
    return parsed;
  }
}
