/** The parameters of an SQL statement, by the numbers that SQLite gives them. */
import { Buffer } from "node:buffer";
import type { SqliteValue } from "./sqlite-api.ts";

/** Text, names and comments, which hold no parameters; `?` and `?1`; `:name`, `@name` and `$name`. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|(?:[A-Za-z_]|[^\0-\x7f])(?:[\w$]|[^\0-\x7f])*|(\?\d*)|([:@$#](?:[\w$]|[^\0-\x7f])+(?:::[\w$]+|\([^\s)]*\))*)/g;

/** A statement's parameters. */
export interface Parameters {
  /** How many there are. */
  readonly count: number;
  /** The numbers of those with a name, by the name with its prefix, in order. `?1` is a name. */
  readonly names: ReadonlyMap<string, number>;
  /** The numbers of those without a name, in order. */
  readonly positions: readonly number[];
}

/** Finds the parameters of a statement. */
export function parametersOf(sql: string): Parameters {
  const names = new Map<string, number>();
  let count = 0;
  for (const [, mark, name] of sql.matchAll(TOKEN)) {
    if (mark === "?") count++;
    else if (mark !== undefined) {
      const number = Number(mark.slice(1));
      count = Math.max(count, number);
      if (![...names.values()].includes(number)) names.set(mark, number);
    } else if (name !== undefined && !names.has(name)) names.set(name, ++count);
  }
  const named = new Set(names.values());
  const positions = Array.from({ length: count }, (_, at) => at + 1).filter((at) => !named.has(at));
  return { count, names, positions };
}

/**
 * A statement with its values in the place of its parameters: `sqlite3_expanded_sql`. Longer texts and blobs are cut to
 * `limit` bytes.
 */
export function expandedSql(
  sql: string,
  values: readonly SqliteValue[],
  limit: number = Infinity,
): string {
  const names = new Map<string, number>();
  let count = 0;
  return sql.replaceAll(TOKEN, (token: string, mark?: string, name?: string) => {
    let number: number;
    if (mark === "?") number = ++count;
    else if (mark !== undefined) count = Math.max(count, (number = Number(mark.slice(1))));
    else if (name !== undefined) {
      number = names.get(name) ?? ++count;
      names.set(name, number);
    } else return token;
    return literal(values[number - 1] ?? null, limit);
  });
}

function literal(value: SqliteValue, limit: number): string {
  if (value === null) return "NULL";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return realText(value);
  // A text ends at a zero.
  const bytes =
    typeof value === "string" ? Buffer.from(value.replace(/\0[^]*/, "")) : Buffer.from(value);
  let end = Math.min(bytes.length, limit);
  const isText = typeof value === "string";
  // A character is not cut in two.
  if (isText) while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end++;
  const rest = bytes.length > end ? `/*+${bytes.length - end} bytes*/` : "";
  const shown = bytes.subarray(0, end);
  const text = isText
    ? `'${shown.toString().replaceAll("'", "''")}'`
    : `x'${shown.toString("hex")}'`;
  return text + rest;
}

/** A real as SQLite prints it: `%!.15g`. */
function realText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : value < 0 ? "-Inf" : "NULL";
  const [digits, exponent] = value.toExponential(14).split("e") as [string, string];
  const power = Number(exponent);
  const trimmed = digits.replace(/0+$/, "").replace(/\.$/, ".0");
  if (power < -4 || power >= 15) {
    return `${trimmed}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  const text = Number(`${digits}e${power}`).toString();
  return text.includes(".") ? text : `${text}.0`;
}
