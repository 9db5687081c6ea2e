/**
 * Values of histories that JavaScript has no primitive for, and the text of any value. In EDN the keyword
 * `:a` is not the text `"a"`, and `1.0` is not `1`. A checker that treated them as equal would miss
 * violations.
 */

const keywords = new Map<string, Keyword>();
const decimals = new Map<number, Decimal>();

/** An EDN keyword as a value. There is one object for each name, so that `===` compares them. */
export class Keyword {
  /** The name without the colon. */
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Returns the keyword with that name. */
  static of(name: string): Keyword {
    let keyword = keywords.get(name);
    if (!keyword) keywords.set(name, (keyword = new Keyword(name)));
    return keyword;
  }

  toString(): string {
    return `:${this.name}`;
  }

  toJSON(): string {
    return `:${this.name}`;
  }
}

/** A whole number that was written as a decimal: `1.0`. There is one object for each number. */
export class Decimal {
  readonly value: number;

  private constructor(value: number) {
    this.value = value;
  }

  /** Returns the decimal with that value. */
  static of(value: number): Decimal {
    let decimal = decimals.get(value);
    if (!decimal) decimals.set(value, (decimal = new Decimal(value)));
    return decimal;
  }

  valueOf(): number {
    return this.value;
  }

  toString(): string {
    const text = String(this.value);
    return /[.e]/.test(text) ? text : `${text}.0`;
  }

  toJSON(): number {
    return this.value;
  }
}

/** The name in a keyword or a text; `undefined` for anything else. */
export function nameOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof Keyword ? value.name : undefined;
}

/** A map's key as a field's name: keywords by their names, anything else as text. */
export function fieldNameOf(key: unknown): string {
  return nameOf(key) ?? String(key);
}

/** The value as a number, including decimals; any other value is returned unchanged. */
export function numberOr(value: unknown): unknown {
  return value instanceof Decimal ? value.value : value;
}

const depthMax = 64;

/** Any value as text, mostly in JSON syntax; for messages and stories. Never throws. */
export function textOf(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Keyword || value instanceof Decimal) return value.toString();
  if (depth > depthMax) return "...";
  const part = (each: unknown): string => textOf(each, depth + 1);
  if (Array.isArray(value)) return `[${value.map(part).join(",")}]`;
  if (value instanceof Set) return `#{${[...value].map(part).join(",")}}`;
  try {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return part((value as { toJSON(): unknown }).toJSON());
    if (value instanceof Map)
      return `{${[...value].map(([key, each]) => `${part(key)}=>${part(each)}`).join(",")}}`;
    const fields = Object.entries(value);
    return `{${fields.map(([key, each]) => `${part(key)}:${part(each)}`).join(",")}}`;
  } catch {
    return "[object]";
  }
}
