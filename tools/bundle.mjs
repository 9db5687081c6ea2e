/**
 * Joins a built module and all that it imports to one file in its place: Node takes about a millisecond of processor time
 * for each file of a program, and a runner process has hundreds. Functions and classes keep their names, which
 * programs can see; `import.meta.url` stays that of the file where it is written.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { parse } from "acorn";
import { build } from "esbuild";

/** Joins the module at `entry`, a file of `dist`, with its dependencies in there. */
export async function bundle(entry) {
  const texts = [];
  const keepsPlaces = {
    name: "keeps-places",
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        texts.push(text);
        const there = JSON.stringify(relative(dirname(entry), path));
        const place = `new URL(${there}, import.meta.url).href`;
        return { contents: text.replaceAll(/\bimport\.meta\.url\b/g, place), loader: "js" };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    charset: "utf8",
    packages: "external",
    legalComments: "none",
    plugins: [keepsPlaces],
  });
  writeFileSync(entry, withNames(outputFiles[0].text, texts.join("\n")));
}

/** The text, in which functions and classes that had to be told apart get their names back. */
function withNames(text, original) {
  const known = new Set(original.match(/[\w$]+/g));
  const { body } = parse(text, { ecmaVersion: "latest", sourceType: "module" });
  let [named, at] = ["", 0];
  for (const { value, shown, end } of body.flatMap(namedValues)) {
    if (!/\d$/.test(shown) || known.has(shown)) continue;
    const name = JSON.stringify(shown.replace(/\d+$/, ""));
    const define = `Object.defineProperty(${value}, "name", { value: ${name}, configurable: true });`;
    named += `${text.slice(at, end)} ${define}`;
    at = end;
  }
  return named + text.slice(at);
}

/** The functions and classes that a statement at the top level of a module declares. */
function namedValues({ type, id, declarations, start, end }) {
  // Functions are there before any statement runs.
  if (type === "FunctionDeclaration") return [{ value: id.name, shown: id.name, end: start }];
  if (type === "ClassDeclaration") return [{ value: id.name, shown: id.name, end }];
  if (type !== "VariableDeclaration") return [];
  return declarations
    .filter(({ init }) => /^(?:Class|Function|ArrowFunction)Expression$/.test(init?.type ?? ""))
    .map((one) => ({ value: one.id.name, shown: (one.init.id ?? one.id).name, end }));
}
