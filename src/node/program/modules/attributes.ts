/** The attributes of imports, as each version of Node takes and checks them. */
import type { Realm } from "../../realm-types.ts";
import type { FileFormat } from "../file-format.ts";
import { isTypeScript } from "../source/typescript.ts";
import { pathOfUrl } from "./file-urls.ts";

/** The attributes of an import. */
export type Attributes = Readonly<Record<string, string>>;

export const NO_ATTRIBUTES: Attributes = {};

type Codes = ReturnType<Realm["require"]>["codes"];

const major = Number.parseInt(process.versions.node, 10);

/** The options of `import()` that hold attributes. Node 20 takes the older one, too. */
const ATTRIBUTE_KEYS: readonly string[] = major >= 22 ? ["with"] : ["with", "assert"];

/** Returns the attributes in the second argument of `import()`. Throws the errors of V8. */
export function attributesOf(options: unknown): Attributes {
  if (options === undefined) return NO_ATTRIBUTES;
  const isObject = (value: unknown): value is object =>
    (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject(options)) {
    throw new TypeError("The second argument to import() must be an object");
  }
  const key = ATTRIBUTE_KEYS.find(
    (name) => (options as Record<string, unknown>)[name] !== undefined,
  );
  if (key === undefined) return NO_ATTRIBUTES;
  const given = (options as Record<string, unknown>)[key];
  if (!isObject(given)) {
    throw new TypeError(`The '${major >= 24 ? "with" : "assert"}' option must be an object`);
  }
  for (const value of Object.values(given)) {
    const what = major >= 24 ? "attribute" : "assertion";
    if (typeof value !== "string") throw new TypeError(`Import ${what} value must be a string`);
  }
  return { ...given } as Attributes;
}

/** Checks the attributes of an import of `url`. Throws the errors of Node's loader. */
export function checkAttributes(
  codes: Codes,
  url: string,
  format: FileFormat,
  attributes: Attributes,
): void {
  const { type } = attributes;
  // Node 20 has other errors, with fewer arguments.
  const isOld = codes.ERR_IMPORT_ASSERTION_TYPE_UNSUPPORTED !== undefined;
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "type") continue;
    throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED(key, value, ...(isOld ? [] : [url]));
  }
  if (format === "unknown") return;
  if (type !== undefined && type !== "json") {
    if (isOld) throw new codes.ERR_IMPORT_ASSERTION_TYPE_UNSUPPORTED(type);
    throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED("type", type, url);
  }
  if (format === "json" && type === undefined) {
    if (codes.ERR_IMPORT_ATTRIBUTE_MISSING === undefined) {
      throw new codes.ERR_IMPORT_ASSERTION_TYPE_MISSING(url, "json");
    }
    throw new codes.ERR_IMPORT_ATTRIBUTE_MISSING(url, "type", "json");
  }
  // Node does not know which attributes these have.
  if (isTypeScript(pathOfUrl(url))) return;
  if (format !== "json" && type === "json") {
    const Wrong =
      codes.ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE ?? codes.ERR_IMPORT_ASSERTION_TYPE_FAILED;
    throw new Wrong(url, "json");
  }
}
