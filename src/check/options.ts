/** Rejects unknown options of checks. Otherwise a misspelt option would be silently ignored. */
import { LightconeError } from "../base/errors.ts";

/** Throws `LC_BAD_CHECK` unless `options` is an object whose names are all in `known`. */
export function refuseOptions(check: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const shown = typeof options === "function" ? "a function" : JSON.stringify(options);
    throw new LightconeError("LC_BAD_CHECK", `${check}: ${shown} is not an object of options`);
  }
  const odd = Object.keys(options).find((name) => !known.includes(name));
  if (odd === undefined) return;
  throw new LightconeError(
    "LC_BAD_CHECK",
    `${check}: no option ${JSON.stringify(odd)}`,
    `It has ${known.join(", ")}.`,
  );
}
