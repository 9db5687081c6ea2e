/**
 * Node's explanation of an error for a name of CommonJS (`require`, `__dirname`) in an ES module.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { librarySource } from "../../lib/natives.ts";
import { type FileLookup, packageScope } from "../package-entry.ts";
import type { SourceModule } from "./record.ts";

const NAMES = ["__dirname", "__filename", "exports", "module", "require"];

const ADVICE: Readonly<Record<string, string>> = {
  require: "replace require() with import",
  module: "use export instead of module.exports/exports",
  exports: "use export instead of module.exports/exports",
  __filename: "use import.meta.filename instead",
  __dirname: "use import.meta.dirname instead",
};

/** Newer versions say why a module with `await` cannot be meant to be CommonJS. */
const explanations = librarySource("internal/modules/esm/module_job");
const explainsAwait = explanations.includes("Cannot determine intended module format");
/** At first, it named `require` whichever name was missing. */
const namesRequire = explanations.includes("both require() and top-level await");

/** Adds the explanation to what the evaluation of `record` threw, if it is such an error. */
export function explainMissingGlobal(
  thrown: unknown,
  { url, hasTopLevelAwait }: SourceModule,
  files: FileLookup,
): void {
  const error = thrown as { name?: unknown; message?: unknown; code?: unknown } | null | undefined;
  if (error?.name !== "ReferenceError") return;
  const name = NAMES.find((known) => error.message === `${known} is not defined`);
  if (name === undefined) return;
  if (hasTopLevelAwait && explainsAwait) {
    const [what, advice] = namesRequire
      ? ["require()", ADVICE["require"]]
      : [`'${name}'`, ADVICE[name]];
    error.message =
      `Cannot determine intended module format because both ${what} and top-level await are ` +
      "present. If the code is intended to be CommonJS, wrap await in an async function. If the " +
      `code is intended to be an ES module, ${advice}.`;
    error.code = "ERR_AMBIGUOUS_MODULE_SYNTAX";
    return;
  }
  let message = `${name} is not defined in ES module scope`;
  if (name === "require") message += ", you can use import instead";
  if (url.startsWith("file:") && /\.js(\?[^#]*)?(#.*)?$/.test(url)) {
    const scope = packageScope(files, posix.dirname(fileURLToPath(url)));
    if (scope?.manifest.type === "module") {
      message +=
        "\nThis file is being treated as an ES module because it has a '.js' file extension and " +
        `'${posix.join(scope.directory, "package.json")}' contains "type": "module". To treat it as ` +
        "a CommonJS script, rename it to use the '.cjs' file extension.";
    }
  }
  error.message = message;
}
