/**
 * TypeScript and JSX, compiled to JavaScript by esbuild, file by file and once per real process:
 * ahead of the runs for all files that a program is known to import, otherwise when a file is first
 * loaded.
 */
import { createRequire } from "node:module";
import { posix } from "node:path";
import type * as esbuild from "esbuild";
import { LightconeError } from "../../../base/errors.ts";
import { loadOutside } from "../../public-modules.ts";
import { withoutView } from "../../views/view.ts";
import { type FileLookup, splitSpecifier } from "../package-entry.ts";
import { hasDecorators, translateWithMetadata } from "./decorator-metadata.ts";
import type { Format, Translated } from "./source-file.ts";
import { recall, remember } from "./store.ts";

const LOADERS: Readonly<Record<string, esbuild.Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
};

/** Returns whether a file has to be compiled to JavaScript. */
export function isTypeScript(path: string): boolean {
  return Object.hasOwn(LOADERS, posix.extname(path));
}

/** The settings in a project's tsconfig.json that affect what code does. */
export interface Settings {
  /** The module format that its compiler emits, in lower case. */
  readonly module: string | undefined;
  /** Aliases of modules: patterns, and the absolute paths that they map to. */
  readonly paths: readonly { readonly pattern: string; readonly targets: readonly string[] }[];
  readonly baseUrl: string | undefined;
  /** True if types are emitted for decorated declarations. */
  readonly metadata: boolean;
  /** The settings for esbuild. */
  readonly raw: string;
}

const NO_SETTINGS: Settings = {
  module: undefined,
  paths: [],
  baseUrl: undefined,
  metadata: false,
  raw: "{}",
};

type CompilerOptions = Readonly<Record<string, unknown>>;

const OPTIONS_FOR_ESBUILD = [
  "alwaysStrict",
  "experimentalDecorators",
  "importsNotUsedAsValues",
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "preserveValueImports",
  "strict",
  "target",
  "useDefineForClassFields",
  "verbatimModuleSyntax",
] as const;

const settings = new Map<string, { readonly text: string; readonly settings: Settings }>();

/** Returns the settings of the nearest tsconfig.json above a file. */
export function settingsOf(files: FileLookup, path: string): Settings {
  if (/\/node_modules\//.test(path)) return NO_SETTINGS;
  for (let at = posix.dirname(path); ; at = posix.dirname(at)) {
    const config = posix.join(at, "tsconfig.json");
    if (files.kind(config) === 0) {
      const text = files.read(config);
      const known = settings.get(config);
      if (known?.text === text) return known.settings;
      const made = readSettings(files, config);
      settings.set(config, { text, settings: made });
      return made;
    }
    if (at === "/" || at === ".") return NO_SETTINGS;
  }
}

function readSettings(files: FileLookup, config: string): Settings {
  const options = optionsOf(files, config, 0);
  const module = options["module"];
  const directory = posix.dirname(config);
  const base = (options["baseUrl"] as string | undefined) ?? undefined;
  const paths = (options["paths"] ?? {}) as Record<string, string[]>;
  const root = (options["pathsBase"] as string | undefined) ?? base ?? directory;
  const compilerOptions = Object.fromEntries(
    OPTIONS_FOR_ESBUILD.filter((name) => options[name] !== undefined).map((name) => [
      name,
      options[name],
    ]),
  );
  return {
    module: typeof module === "string" ? module.toLowerCase() : undefined,
    paths: Object.entries(paths).map(([pattern, targets]) => ({
      pattern,
      targets: targets.map((target) => posix.resolve(root, target)),
    })),
    baseUrl: base,
    metadata: options["emitDecoratorMetadata"] === true,
    raw: JSON.stringify({ compilerOptions }),
  };
}

function optionsOf(files: FileLookup, config: string, depth: number): CompilerOptions {
  const parsed = parseJsonc(files.read(config)) as {
    compilerOptions?: Record<string, unknown>;
    extends?: string | string[];
  };
  const directory = posix.dirname(config);
  let options: Record<string, unknown> = {};
  const bases = typeof parsed.extends === "string" ? [parsed.extends] : (parsed.extends ?? []);
  for (const base of depth > 8 ? [] : bases) {
    const found = findBase(files, directory, base);
    if (found !== undefined) options = { ...options, ...optionsOf(files, found, depth + 1) };
  }
  const own = { ...parsed.compilerOptions };
  if (typeof own["baseUrl"] === "string") own["baseUrl"] = posix.resolve(directory, own["baseUrl"]);
  if (own["paths"] !== undefined) own["pathsBase"] = own["baseUrl"] ?? directory;
  return { ...options, ...own };
}

function findBase(files: FileLookup, directory: string, base: string): string | undefined {
  const ends = ["", ".json", "/tsconfig.json"];
  if (/^\.{0,2}\//.test(base) || base.startsWith("..")) {
    const path = posix.resolve(directory, base);
    return ends.map((end) => path + end).find((candidate) => files.kind(candidate) === 0);
  }
  const { name, subpath } = splitSpecifier(base);
  for (let at = directory; ; at = posix.dirname(at)) {
    const path = posix.join(at, "node_modules", name, subpath === "." ? "tsconfig.json" : subpath);
    const found = ends.map((end) => path + end).find((candidate) => files.kind(candidate) === 0);
    if (found !== undefined) return found;
    if (at === "/") return undefined;
  }
}

/** Parses JSON with comments and trailing commas. */
function parseJsonc(text: string): unknown {
  const plain = text
    .replace(/^\uFEFF/, "")
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_all, kept: string) => kept ?? " ")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_all, kept: string) => kept ?? "");
  try {
    return JSON.parse(plain) as unknown;
  } catch {
    return {};
  }
}

const ES_SYNTAX = /^\s*(?:import(?:\s+[\w$]|\s*[{*"'])|export(?:\s+[\w$]|\s*[{*]))/m;

/** Compiled files by settings, kind and text. */
const translations = new Map<string, Translated | LightconeError>();

function keyOf(path: string, text: string, format: string, { raw, metadata }: Settings): string {
  return `${path}\0${format}\0${raw}\0${metadata}\0${text}`;
}

function transformOptions(
  path: string,
  text: string,
  format: Format | "detect",
  { raw }: Settings,
): esbuild.TransformOptions & { sourcemap: "external" } {
  return {
    loader: LOADERS[posix.extname(path)] as esbuild.Loader,
    // CommonJS without ES syntax is left unchanged.
    ...(format === "commonjs" && ES_SYNTAX.test(text) && { format: "cjs", platform: "node" }),
    target: "node20",
    sourcemap: "external",
    sourcesContent: false,
    sourcefile: path,
    tsconfigRaw: raw,
    logLevel: "silent",
    legalComments: "none",
  };
}

/** Compiles a file ahead of the run that loads it. */
export async function prepareTypeScript(
  path: string,
  text: string,
  format: Format | "detect",
  settings: Settings,
): Promise<void> {
  const key = keyOf(path, text, format, settings);
  if (translations.has(key)) return;
  const stored = recall("typescript", key) as Translated | undefined;
  if (stored !== undefined) {
    translations.set(key, stored);
    return;
  }
  try {
    const { code, map } =
      settings.metadata && hasDecorators(text)
        ? translateWithMetadata(path, text, format, false)
        : await asynchronous().transform(text, transformOptions(path, text, format, settings));
    translations.set(key, { code, map });
    remember("typescript", key, { code, map });
  } catch (error) {
    translations.set(key, syntaxError(error, path));
  }
}

/** Returns a file as JavaScript. Throws `LC_COMPILE` for errors in it. */
export function translateTypeScript(
  path: string,
  text: string,
  format: Format | "detect",
  settings: Settings,
): Translated {
  const key = keyOf(path, text, format, settings);
  let found = translations.get(key) ?? (recall("typescript", key) as Translated | undefined);
  if (found === undefined) {
    // It reads the environment and the working directory while loading.
    if (loaded === undefined) loadOutside("esbuild", synchronous);
    try {
      const { code, map } = withoutView(() =>
        settings.metadata && hasDecorators(text)
          ? translateWithMetadata(path, text, format, true)
          : synchronous().transformSync(text, transformOptions(path, text, format, settings)),
      );
      found = { code, map };
      remember("typescript", key, found);
    } catch (error) {
      found = syntaxError(error, path);
    }
  }
  translations.set(key, found);
  if (found instanceof LightconeError) throw found;
  return found;
}

const require = createRequire(import.meta.url);

/** Loading esbuild takes longer than reading what was compiled before, so it is loaded when it is needed. */
function asynchronous(): typeof esbuild {
  return require("esbuild") as typeof esbuild;
}

let loaded: typeof esbuild | undefined;

/**
 * Returns esbuild without its own thread, which would need the real process's event loop. During a
 * run, a call starts its executable and waits for it.
 */
function synchronous(): typeof esbuild {
  if (loaded === undefined) {
    const path = require.resolve("esbuild");
    const before = require.cache[path];
    const { env } = process;
    const threads = env["ESBUILD_WORKER_THREADS"];
    delete require.cache[path];
    env["ESBUILD_WORKER_THREADS"] = "0";
    loaded = require("esbuild") as typeof esbuild;
    if (threads === undefined) delete env["ESBUILD_WORKER_THREADS"];
    else env["ESBUILD_WORKER_THREADS"] = threads;
    if (before) require.cache[path] = before;
    else delete require.cache[path];
  }
  return loaded;
}

function syntaxError(error: unknown, path: string): LightconeError {
  if (error instanceof LightconeError) return error;
  const [first] = (error as Partial<esbuild.TransformFailure>).errors ?? [];
  if (first === undefined) return new LightconeError("LC_COMPILE", `${path}: ${String(error)}`);
  const { text, location } = first;
  const where = location ? `${path}:${location.line}:${location.column + 1}` : path;
  return new LightconeError("LC_COMPILE", `${where}: ${text}`, location?.lineText.trim());
}
