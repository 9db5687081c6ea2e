/**
 * What a bundled file knows of its own place: `__filename`, `__dirname`, `import.meta`, `require.resolve`.
 * The bundle has one scope for all files, so each file gets variables of its own for them; esbuild puts
 * those in wherever the names are free, and not in strings, or where a file has a variable so named.
 */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as esbuild from "esbuild";

/** esbuild's `define`: the free names that depend on the file, and the variables that stand for them. */
export const placeDefine: Readonly<Record<string, string>> = {
  "import.meta": "__lc_meta",
  __filename: "__lc_filename",
  __dirname: "__lc_dirname",
  "require.resolve": "__lc_place.resolve",
  "require.main": "__lc_place.main",
  "require.cache": "__lc_place.cache",
  "require.extensions": "__lc_place.extensions",
};

const loaders: Record<string, esbuild.Loader> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
};

/** Node has `import.meta.main` from 24.2 on. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const HAS_MAIN = major > 24 || (major === 24 && minor >= 2);

const META = /\bimport\s*\.\s*meta\b/;
const REQUIRE = /\brequire\s*\.\s*(?:resolve|main|cache|extensions)\b/;

/**
 * Whether a source may look for files: it knows its place, or it loads what is not known before it runs.
 * A word too many (in a comment, say) costs nothing but a few names on a disk.
 */
export function looksForFiles(source: string): boolean {
  return (
    /\b(?:__dirname|__filename|createRequire|findPackageJSON)\b/.test(source) ||
    META.test(source) ||
    REQUIRE.test(source) ||
    /\b(?:require|import)\s*\(\s*[^\s"')]/.test(source)
  );
}

/** Gives each file its names, and keeps in `sources` those that may look for files. */
export function fileNames(entry: string, sources: Map<string, string>): esbuild.Plugin {
  return {
    name: "file-names",
    setup(build) {
      build.onLoad({ filter: /\.node$/, namespace: "file" }, ({ path }) => ({
        contents: `throw Object.assign(new Error(${JSON.stringify(notNative(path))}), { code: "LC_NOT_SIMULATED" });`,
        loader: "js",
      }));
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path, namespace }) => {
        if (namespace !== "file") return undefined;
        const source = await readFile(path, "utf8");
        if (!looksForFiles(source)) return undefined;
        sources.set(path, source);
        const declarations = declarationsOf(path, source, path === entry);
        if (declarations.length === 0) return undefined;
        const contents = source.startsWith("#!") ? `//${source}` : source;
        // On the first line, so that line numbers stay; after a directive, so that it stays one.
        const directive = /^(?:\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*(['"]use strict['"];?)/.exec(contents);
        const at = directive ? directive[0].length : 0;
        return {
          contents: `${contents.slice(0, at)};var ${declarations.join(", ")};${contents.slice(at)}`,
          loader: loaders[extname(path)] ?? "js",
        };
      });
    },
  };
}

/** What is said of a native add-on, whoever loads it. */
export function notNative(path: string): string {
  return `${path}: native add-ons are not simulated`;
}

function declarationsOf(path: string, source: string, isEntry: boolean): string[] {
  const declarations: string[] = [];
  if (META.test(source)) {
    declarations.push(
      `__lc_meta = { __proto__: null, dirname: ${JSON.stringify(dirname(path))}, filename: ${JSON.stringify(path)}, ` +
        `resolve: (...args) => __lc_place_of(${JSON.stringify(path)}).importMetaResolve(...args), ` +
        `${HAS_MAIN ? `main: ${isEntry}, ` : ""}url: ${JSON.stringify(pathToFileURL(path).href)} }`,
    );
  }
  if (REQUIRE.test(source)) {
    declarations.push(`__lc_place = __lc_place_of(${JSON.stringify(path)})`);
    // `if (require.main === module)`: the entry's module is esbuild's, and only it can tell.
    if (isEntry && /\bmodule\b/.test(source) && !isEsModule(path, source)) {
      declarations.push("__lc_main = __lc_place.isMain(module)");
    }
  }
  // In an ES module, `typeof __dirname` says "undefined": packages that are both ask for it.
  if (/\b__(?:filename|dirname)\b/.test(source) && !isEsModule(path, source)) {
    declarations.push(`__lc_filename = ${JSON.stringify(path)}`);
    declarations.push(`__lc_dirname = ${JSON.stringify(dirname(path))}`);
  }
  return declarations;
}

/** Whether Node takes a JavaScript file for an ES module. TypeScript's tools leave its names in place. */
export function isEsModule(path: string, source: string): boolean {
  const extension = extname(path);
  if (extension === ".mjs") return true;
  if (extension !== ".js") return false;
  const type = packageType(dirname(path));
  if (type !== undefined) return type === "module";
  return /^\s*(?:import(?:\s+[\w$]|\s*[{*"'])|export(?:\s+[\w$]|\s*[{*]))/m.test(source);
}

/** Whether CommonJS cannot load the real file at `path`. */
export function needsCompiling(path: string, read: () => string): boolean {
  const extension = extname(path);
  if (extension === ".js") return isEsModule(path, read());
  return extension === ".mjs" || Object.hasOwn(loaders, extension);
}

const types = new Map<string, string | undefined>();

/** The `type` of the package that a directory belongs to. */
function packageType(directory: string): string | undefined {
  if (types.has(directory)) return types.get(directory);
  const manifest = join(directory, "package.json");
  let type: string | undefined;
  if (existsSync(manifest)) {
    try {
      ({ type } = JSON.parse(readFileSync(manifest, "utf8")) as { type?: string });
    } catch {
      // esbuild says what is wrong with it.
    }
  } else if (dirname(directory) !== directory) {
    type = packageType(dirname(directory));
  }
  types.set(directory, type);
  return type;
}
