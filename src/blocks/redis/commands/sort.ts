/**
 * SORT and SORT_RO (sort.c): by number or by bytes, by other keys, with values fetched from other
 * keys.
 */
import type { Reply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX, WRONG_TYPE } from "../errors.ts";
import { floatOf, parseInteger } from "../numbers.ts";
import { HashValue } from "../values/hash.ts";
import { ListValue } from "../values/list.ts";
import { SetValue } from "../values/set.ts";
import { StringValue } from "../values/string.ts";
import { ZSetValue } from "../values/zset.ts";

interface Options {
  by: string | undefined;
  readonly gets: string[];
  descending: boolean;
  alpha: boolean;
  limit: [number, number] | undefined;
  store: string | undefined;
  /** True for a BY pattern without a star: the order is left unchanged. */
  unsorted: boolean;
}

function parse(args: string[], readOnly: boolean): Options {
  const options: Options = {
    by: undefined,
    gets: [],
    descending: false,
    alpha: false,
    limit: undefined,
    store: undefined,
    unsorted: false,
  };
  for (let at = 2; at < args.length; at++) {
    const left = args.length - at - 1;
    const word = (args[at] as string).toUpperCase();
    if (word === "ASC") options.descending = false;
    else if (word === "DESC") options.descending = true;
    else if (word === "ALPHA") options.alpha = true;
    else if (word === "LIMIT" && left >= 2) {
      options.limit = [parseInteger(args[++at] as string), parseInteger(args[++at] as string)];
    } else if (word === "STORE" && left >= 1 && !readOnly) options.store = args[++at] as string;
    else if (word === "BY" && left >= 1) {
      options.by = args[++at] as string;
      options.unsorted ||= !options.by.includes("*");
    } else if (word === "GET" && left >= 1) options.gets.push(args[++at] as string);
    else throw SYNTAX;
  }
  return options;
}

/**
 * Returns the value that a pattern such as `weight_*` or `hash_*->field` refers to for an element.
 */
function lookup(client: Client, pattern: string, element: string): string | undefined {
  if (pattern === "#") return element;
  const star = pattern.indexOf("*");
  if (star < 0) return undefined;
  const arrow = pattern.indexOf("->", star + 1);
  const isField = arrow >= 0 && arrow + 2 < pattern.length;
  const keyPattern = isField ? pattern.slice(0, arrow) : pattern;
  const key = keyPattern.slice(0, star) + element + keyPattern.slice(star + 1);
  const value = client.db.lookup(key);
  if (isField)
    return value instanceof HashValue ? value.fields.get(pattern.slice(arrow + 2)) : undefined;
  return value instanceof StringValue ? value.text : undefined;
}

function elementsOf(client: Client, key: string, options: Options): string[] {
  const value = client.db.lookup(key);
  if (value === undefined) return [];
  if (value instanceof SetValue) return value.list();
  let elements: string[];
  if (value instanceof ListValue) elements = value.items();
  else if (value instanceof ZSetValue) elements = value.all().map(({ member }) => member);
  else throw WRONG_TYPE;
  return options.unsorted && options.descending ? elements.reverse() : elements;
}

interface Weighed {
  readonly element: string;
  readonly weight: number;
  readonly text: string | undefined;
}

function weigh(client: Client, element: string, { by, alpha }: Options): Weighed {
  const text = by === undefined ? element : lookup(client, by, element);
  if (alpha) return { element, weight: 0, text };
  // As with strtod, an empty text counts as zero.
  const weight = text === undefined || text === "" ? 0 : floatOf(text);
  if (weight === undefined) throw err("One or more scores can't be converted into double");
  return { element, weight, text };
}

function compare(a: Weighed, b: Weighed, { alpha, by, descending }: Options): number {
  let order: number;
  if (!alpha) {
    order = a.weight - b.weight || bytesOrder(a.element, b.element);
    if (Number.isNaN(order)) order = bytesOrder(a.element, b.element);
  } else if (by === undefined) {
    order = bytesOrder(a.element, b.element);
  } else {
    const [x, y] = [a.text, b.text];
    if (x === undefined || y === undefined)
      order = Number(x !== undefined) - Number(y !== undefined);
    else order = bytesOrder(x, y);
    order ||= 0;
  }
  return descending ? -order : order;
}

function bytesOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sorted(client: Client, key: string, options: Options): string[] {
  let elements = elementsOf(client, key, options);
  // A set has no order of its own, so a result that is stored or used by a script is sorted anyway.
  const isScript = client.socket === undefined;
  const mustSort =
    options.unsorted &&
    (options.store !== undefined || isScript) &&
    client.db.peek(key) instanceof SetValue;
  if (!options.unsorted || mustSort) {
    const how = mustSort ? { ...options, by: undefined, alpha: true } : options;
    const weighed = elements.map((element) => weigh(client, element, how));
    weighed.sort((a, b) => compare(a, b, how));
    elements = weighed.map(({ element }) => element);
  }
  if (!options.limit) return elements;
  const [offset, count] = options.limit;
  const start = Math.max(0, offset);
  return elements.slice(start, count < 0 ? undefined : start + count);
}

function sort(readOnly: boolean) {
  return (client: Client, args: string[]): Reply => {
    const { db, server } = client;
    const options = parse(args, readOnly);
    const elements = sorted(client, args[1] as string, options);
    const replies: (string | null)[] =
      options.gets.length === 0
        ? elements
        : elements.flatMap((element) =>
            options.gets.map((pattern) => lookup(client, pattern, element) ?? null),
          );
    const { store } = options;
    if (store === undefined) return replies;
    if (replies.length === 0) {
      if (db.delete(store)) server.notify("g", "del", store, db);
      return 0;
    }
    db.put(store, ListValue.of(replies.map((item) => item ?? "")));
    server.notify("l", "sortstore", store, db);
    return replies.length;
  };
}

export const sorting: CommandTable = {
  sort: [sort(false), -2, "wmM", 1, 1, 1],
  sort_ro: [sort(true), -2, "rM", 1, 1, 1],
};
