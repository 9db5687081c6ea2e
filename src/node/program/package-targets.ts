/**
 * What a package's `exports` and `imports` make of a name: Node's own algorithm of nodejs.org/api/esm.html
 * ("Resolution algorithm specification"), step by step, with its errors.
 */
import { posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A value in `exports` or `imports`. */
export type Target = string | null | readonly Target[] | { readonly [condition: string]: Target };

/** A table of targets by name. */
export type Targets = Readonly<Record<string, Target>>;

/** Where a name is looked up, and for whom. */
export interface TargetRequest {
  /** Node's own error classes, of `internal/errors`. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly codes: any;
  readonly conditions: ReadonlySet<string>;
  /** The requesting file, for errors that name it. */
  readonly from?: string | undefined;
  /** The package's directory. */
  readonly directory: string;
  readonly isImport: boolean;
}

/** The name of another package, to which `imports` leads. */
export interface OtherPackage {
  readonly specifier: string;
}

type Result = URL | OtherPackage | null | undefined;

const INVALID_SEGMENTS =
  /(^|\\|\/)((\.|%2e)(\.|%2e)?|(n|%6e|%4e)(o|%6f|%4f)(d|%64|%44)(e|%65|%45)(_|%5f)(m|%6d|%4d)(o|%6f|%4f)(d|%64|%44)(u|%75|%55)(l|%6c|%4c)(e|%65|%45)(s|%73|%53))(\\|\/|$)/i;
const ENCODED_SEPARATORS = /%2f|%5c/i;

/** Returns the file at a URL within a package. Throws for encoded separators, as Node does. */
export function fileOf(
  url: URL,
  { codes, conditions, from }: Pick<TargetRequest, "codes" | "conditions" | "from">,
): string {
  if (ENCODED_SEPARATORS.test(url.pathname)) {
    const reason = 'must not include encoded "/" or "\\" characters';
    const shown = conditions.has("require") ? url.href : url.pathname;
    throw new codes.ERR_INVALID_MODULE_SPECIFIER(shown, reason, from);
  }
  return fileURLToPath(url);
}

/** Returns what a name selects in a table, or nothing: `undefined`, or null if that is explicit. */
export function selectTarget(request: TargetRequest, table: Targets, name: string): Result {
  const isExact = Object.hasOwn(table, name) && !name.includes("*");
  if (isExact && (request.isImport || !name.endsWith("/"))) {
    return resolveTarget(request, table[name] as Target, undefined, name);
  }
  if (isExact && request.isImport) return undefined;
  let best = "";
  let middle = "";
  for (const key of Object.getOwnPropertyNames(table)) {
    const star = key.indexOf("*");
    if (star < 0 || star !== key.lastIndexOf("*") || !name.startsWith(key.slice(0, star))) continue;
    const tail = key.slice(star + 1);
    if (name.length < key.length || !name.endsWith(tail) || !isBetter(key, best)) continue;
    best = key;
    middle = name.slice(star, name.length - tail.length);
  }
  return best === "" ? undefined : resolveTarget(request, table[best] as Target, middle, best);
}

/** Returns whether a pattern is more specific than the best one so far. */
function isBetter(key: string, best: string): boolean {
  const star = key.indexOf("*");
  const bestStar = best.indexOf("*");
  return star > bestStar || (star === bestStar && key.length > best.length);
}

/** `middle` is the text that the star of the pattern `key` stands for, if it is a pattern. */
function resolveTarget(
  request: TargetRequest,
  target: Target,
  middle: string | undefined,
  key: string,
): Result {
  if (typeof target === "string") return resolveText(request, target, middle, key);
  if (target === null) return null;
  if (Array.isArray(target)) return firstOf(request, target as readonly Target[], middle, key);
  if (typeof target !== "object") throw invalidTarget(request, target, key);
  const conditions = Object.getOwnPropertyNames(target);
  if (conditions.some(isIndex)) {
    throw invalidConfig(request, '"exports" cannot contain numeric property keys.');
  }
  for (const condition of conditions) {
    if (condition !== "default" && !request.conditions.has(condition)) continue;
    const found = resolveTarget(request, (target as Targets)[condition] as Target, middle, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstOf(
  request: TargetRequest,
  targets: readonly Target[],
  middle: string | undefined,
  key: string,
): Result {
  let last: { readonly thrown: unknown } | null | undefined =
    targets.length === 0 ? null : undefined;
  for (const target of targets) {
    try {
      const found = resolveTarget(request, target, middle, key);
      if (found === null) last = null;
      else if (found !== undefined) return found;
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code !== "ERR_INVALID_PACKAGE_TARGET") throw thrown;
      last = { thrown };
    }
  }
  if (last) throw last.thrown;
  return last;
}

function resolveText(
  request: TargetRequest,
  target: string,
  middle: string | undefined,
  key: string,
): Result {
  const filled = (text: string): string =>
    middle === undefined ? text : text.replaceAll("*", () => middle);
  if (!target.startsWith("./")) {
    const isName = request.isImport && !/^(?:\/|\.\.\/)/.test(target) && !URL.canParse(target);
    if (isName) return { specifier: filled(target) };
    throw invalidTarget(request, target, key);
  }
  if (INVALID_SEGMENTS.test(target.slice(2))) throw invalidTarget(request, target, key);
  const base = pathToFileURL(posix.join(request.directory, "package.json"));
  const resolved = new URL(target, base);
  if (!resolved.pathname.startsWith(new URL(".", base).pathname)) {
    throw invalidTarget(request, target, key);
  }
  if (middle === undefined) return resolved;
  if (INVALID_SEGMENTS.test(middle)) {
    const { codes, directory, isImport, from } = request;
    const reason =
      `request is not a valid match in pattern "${key}" for the "${isImport ? "imports" : "exports"}" ` +
      `resolution of ${posix.join(directory, "package.json")}`;
    throw new codes.ERR_INVALID_MODULE_SPECIFIER(filled(key), reason, from);
  }
  return new URL(filled(resolved.href));
}

function isIndex(key: string): boolean {
  const number = Number(key);
  return `${number}` === key && number >= 0 && number < 0xffff_ffff;
}

function invalidTarget(request: TargetRequest, target: unknown, key: string): Error {
  const { codes, directory, isImport, from } = request;
  const shown = typeof target === "object" ? JSON.stringify(target) : String(target);
  return new codes.ERR_INVALID_PACKAGE_TARGET(`${directory}/`, key, shown, isImport, from);
}

/** Returns the error for a package.json with a value that means nothing. */
export function invalidConfig(
  { codes, directory, from }: Pick<TargetRequest, "codes" | "directory" | "from">,
  message: string,
): Error {
  const path = posix.join(directory, "package.json");
  return new codes.ERR_INVALID_PACKAGE_CONFIG(path, from, message);
}
