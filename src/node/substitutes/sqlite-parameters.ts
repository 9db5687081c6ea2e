/** The parameters of an SQL statement, by the numbers that SQLite gives them. */

/** Text and comments, which hold no parameters; `?` and `?1`; `:name`, `@name` and `$name`. */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|(\?)(\d*)|([:@$])([A-Za-z_]\w*)/g;

/** A statement's parameters. */
export interface Parameters {
  /** How many there are. */
  readonly count: number;
  /** The numbers of those without a name, in order. */
  readonly positions: readonly number[];
  /** The numbers of those with a name, by the name with its prefix. */
  readonly names: ReadonlyMap<string, number>;
}

/** Whether text holds more than one statement. A trigger has statements within it. */
export function isSeveral(sql: string): boolean {
  if (/^\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TRIGGER\b/i.test(sql)) return false;
  const bare = sql.replaceAll(TOKEN, (token: string) => (/^(?:--|\/\*)/.test(token) ? " " : "x"));
  return /;\s*[^\s;]/.test(bare);
}

/** Finds the parameters of a statement. */
export function parametersOf(sql: string): Parameters {
  const positions = new Set<number>();
  const names = new Map<string, number>();
  let count = 0;
  for (const [, mark, digits, prefix, name] of sql.matchAll(TOKEN)) {
    if (mark !== undefined) {
      const number = digits === "" ? count + 1 : Number(digits);
      positions.add(number);
      count = Math.max(count, number);
    } else if (prefix !== undefined && !names.has(`${prefix}${name}`)) {
      names.set(`${prefix}${name}`, ++count);
    }
  }
  return { count, positions: [...positions], names };
}
