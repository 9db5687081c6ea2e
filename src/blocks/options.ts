/**
 * Validates the options of blocks. Unknown options and wrong types are refused early, because they
 * would otherwise be ignored silently.
 */
import { LightconeError } from "../base/errors.ts";

/** The allowed values of an option: a description and a test. */
export interface OptionKind {
  readonly words: string;
  readonly is: (value: unknown) => boolean;
}

export const text: OptionKind = { words: "text", is: (value) => typeof value === "string" };

/** Whole numbers from `min` to `max`. */
export function whole(min: number, max: number): OptionKind {
  return {
    words: `a whole number from ${min} to ${max}`,
    is: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

/** An object whose values are strings. */
export const texts: OptionKind = {
  words: "an object of text",
  is: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return Object.values(value).every((item) => typeof item === "string");
  },
};

/**
 * Throws `LC_BAD_BLOCK`, naming the option, if `options` has an option that is not in `kinds` or a
 * value that its kind does not allow.
 */
export function refuseOptions(
  block: string,
  options: unknown,
  kinds: Readonly<Record<string, OptionKind>>,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new LightconeError("LC_BAD_BLOCK", `${block}(...): the options are an object`);
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new LightconeError(
        "LC_BAD_BLOCK",
        `${block}(...): no option ${JSON.stringify(name)}`,
        `It has ${Object.keys(kinds).join(", ")}.`,
      );
    }
    if (value === undefined || kind.is(value)) continue;
    const shown = typeof value === "function" ? "a function" : JSON.stringify(value);
    throw new LightconeError(
      "LC_BAD_BLOCK",
      `${block}(...): ${name} is ${shown}, not ${kind.words}`,
    );
  }
}
