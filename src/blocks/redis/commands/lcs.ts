/** LCS: the longest common subsequence of two strings, by dynamic programming, as in Redis. */
import { MapReply, type Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { StringValue } from "../values/string.ts";

interface LcsOptions {
  length: boolean;
  ranges: boolean;
  withLengths: boolean;
  lengthMin: number;
}

function parseOptions(args: string[]): LcsOptions {
  const options = { length: false, ranges: false, withLengths: false, lengthMin: 0 };
  for (let at = 3; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "IDX") options.ranges = true;
    else if (word === "LEN") options.length = true;
    else if (word === "WITHMATCHLEN") options.withLengths = true;
    else if (word === "MINMATCHLEN" && at + 1 < args.length) {
      options.lengthMin = Math.max(0, parseInteger(args[++at] as string));
    } else throw SYNTAX;
  }
  return options;
}

export function lcs(client: Client, args: string[]): Reply {
  const [a, b] = [args[1] as string, args[2] as string].map((key) => {
    const value = client.db.lookup(key);
    if (value !== undefined && !(value instanceof StringValue)) {
      throw err("The specified keys must contain string values");
    }
    return value?.text ?? "";
  }) as [string, string];
  const options = parseOptions(args);
  if (options.ranges && options.length) {
    throw err("If you want both the length and indexes, please just use IDX.");
  }
  const table = lengths(a, b);
  const total = table[a.length * (b.length + 1) + b.length] as number;
  if (options.length) return total;
  const { text, ranges } = walk(a, b, table, options);
  return options.ranges ? new MapReply(["matches", ranges, "len", total]) : text;
}

/**
 * `table[i * (|b| + 1) + j]` is the length for the first i bytes of `a` and the first j bytes of
 * `b`.
 */
function lengths(a: string, b: string): Uint32Array {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i * width + j] =
        a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
          ? (table[(i - 1) * width + j - 1] as number) + 1
          : Math.max(table[(i - 1) * width + j] as number, table[i * width + j - 1] as number);
    }
  }
  return table;
}

/** Walks the table backwards and collects the text and the matching ranges, last first. */
function walk(
  a: string,
  b: string,
  table: Uint32Array,
  options: LcsOptions,
): { text: string; ranges: Reply[] } {
  const width = b.length + 1;
  const ranges: Reply[] = [];
  const chars: string[] = [];
  let i = a.length;
  let j = b.length;
  let range: { a: number; b: number; length: number } | undefined;
  const emit = () => {
    if (range && (options.lengthMin === 0 || range.length >= options.lengthMin)) {
      const one: Reply[] = [
        [range.a, range.a + range.length - 1],
        [range.b, range.b + range.length - 1],
      ];
      if (options.withLengths) one.push(range.length);
      ranges.push(one);
    }
    range = undefined;
  };
  while (i > 0 && j > 0) {
    if (a.charCodeAt(i - 1) === b.charCodeAt(j - 1)) {
      chars.push(a[i - 1] as string);
      if (range && range.a === i && range.b === j) {
        range = { a: i - 1, b: j - 1, length: range.length + 1 };
      } else {
        emit();
        range = { a: i - 1, b: j - 1, length: 1 };
      }
      i--;
      j--;
    } else {
      const up = table[(i - 1) * width + j] as number;
      const left = table[i * width + j - 1] as number;
      if (up > left) i--;
      else j--;
      emit();
    }
  }
  emit();
  return { text: chars.reverse().join(""), ranges };
}
