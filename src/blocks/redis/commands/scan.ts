/** SCAN, and the parts that it shares with HSCAN, SSCAN and ZSCAN. */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { err, NOT_INTEGER, SYNTAX } from "../errors.ts";
import { globMatch } from "../glob.ts";
import { parseInteger } from "../numbers.ts";

/** The options common to all SCAN commands. */
export interface ScanOptions {
  readonly cursor: number;
  readonly count: number;
  readonly matches: (key: string) => boolean;
  readonly type: string | undefined;
}

/** Parses `cursor [MATCH pattern] [COUNT count] [TYPE type]`, where `args[at]` is the cursor. */
export function parseScan(args: string[], at: number): ScanOptions {
  const cursor = parseCursor(args[at] as string);
  let count = 10;
  let type: string | undefined;
  let matches = (_key: string): boolean => true;
  for (let i = at + 1; i < args.length; i += 2) {
    const value = args[i + 1];
    const word = (args[i] as string).toUpperCase();
    if (value === undefined) throw SYNTAX;
    if (word === "COUNT") {
      count = parseInteger(value, NOT_INTEGER);
      if (count < 1) throw SYNTAX;
    } else if (word === "MATCH") {
      if (value !== "*") matches = (key) => globMatch(value, key);
    } else if (word === "TYPE" && at === 1) {
      type = value.toLowerCase();
    } else {
      throw SYNTAX;
    }
  }
  return { cursor, count, matches, type };
}

/**
 * Parses only the cursor: HSCAN and similar commands look up the key before they parse the options.
 */
export function parseCursor(text: string): number {
  if (!/^\s*[0-9]{1,20}$/.test(text)) throw err("invalid cursor");
  return Number(text);
}

export function scan(client: Client, args: string[]): Reply {
  const { cursor, count, matches, type } = parseScan(args, 1);
  const { db } = client;
  const found: string[] = [];
  const next = db.keys.scan(cursor, count, ({ key, value }) => {
    if (matches(key) && (type === undefined || value.type === type)) found.push(key);
  });
  return [String(next), found.filter((key) => db.peek(key) !== undefined)];
}
