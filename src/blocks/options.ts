/** Refuses options of blocks that there are not, or that are of another kind: nobody would hear of them later. */
import { LightconeError } from "../base/errors.ts";

/** What an option may be: in words, and as a test. */
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

/** An object whose values are text. */
export const texts: OptionKind = {
  words: "an object of text",
  is: (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return Object.values(value).every((item) => typeof item === "string");
  },
};

/** Throws `LC_BAD_BLOCK`, naming the option, unless `options` has no others than `kinds`, each of its kind. */
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
