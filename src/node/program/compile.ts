/**
 * Compiles a program: esbuild bundles the entry with its npm dependencies, once; the result is a function
 * of the process's global object and `require`, so that starting the program is calling that function.
 */
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import * as esbuild from "esbuild";
import { LightconeError } from "../../base/errors.ts";
import { hostNames } from "../globals.ts";
import { isBuiltin } from "../public-modules.ts";
import { fileNames, placeDefine } from "./file-names.ts";
import { keepNamespaces, patchHelpers } from "./namespaces.ts";
import { callMakeRoomy, makeRoomy } from "./prototypes.ts";
import { findProvided, isInstalled, noProvided, type Provided } from "./provided.ts";
import { registerSourceMap } from "./source-maps.ts";

/** What `compileProgram` compiles. */
export interface CompileOptions {
  /** The entry: an absolute path. */
  readonly entry: string;
  /** Modules that are given when the program starts, not bundled: "lightcone", "lightcone/probe". */
  readonly injected?: readonly string[];
}

/** What a compiled program is called with. */
export interface ProgramScope {
  readonly global: object;
  readonly require: (id: string) => unknown;
  /** What a file of the program has that depends on where it lies: `require.resolve` and the like. */
  readonly placeOf: (path: string) => unknown;
  /** Receives the entry's exports once it has been evaluated. */
  readonly publish: (exports: Record<string, unknown>) => void;
}

/** A program, compiled once, to be started any number of times. */
export interface CompiledProgram {
  readonly entry: string;
  /** A hash of the code, dependencies included: it tells whether a replay runs the same code. */
  readonly digest: string;
  /** Whether the entry is an ES module, and not CommonJS. */
  readonly isModule?: boolean;
  /** The real files that it may look for beside itself: they are on the disk of its host. */
  readonly provided?: Provided;
  /** Packages that are not installed, most of them optional, and a file that asks for each. */
  readonly unresolved?: ReadonlyMap<string, string> | undefined;
  /** Evaluates the program, afresh. Settles when its top level has finished. */
  readonly evaluate: (scope: ProgramScope) => Promise<void>;
}

/** The real one, before any program runs. */
const defineExport = Object.defineProperty;

const PARAMETERS = [
  "globalThis",
  "require",
  "__lc_publish",
  "__lc_place_of",
  "__lc_keep_namespaces",
  "__lc_define",
  "__lc_make_roomy",
];

/** Free names of the host become properties of its global object, so that replacing one is seen. */
const define: Record<string, string> = { global: "globalThis", ...placeDefine };
for (const name of hostNames) define[name] = `globalThis.${name}`;

/** Bundles an entry. Throws `LC_COMPILE`, naming file and line, when it cannot. */
export async function compileProgram(options: CompileOptions): Promise<CompiledProgram> {
  const { entry, injected = [] } = options;
  const sources = new Map<string, string>();
  let built: esbuild.BuildResult<{ write: false; metafile: true }>;
  try {
    built = await esbuild.build({
      stdin: {
        contents: `import * as entry from ${JSON.stringify(entry)};\n__lc_publish(entry);\n`,
        resolveDir: dirname(entry),
        sourcefile: "lightcone:start",
      },
      // Names in the bundle are relative to the entry: the same code on any machine, from any folder.
      absWorkingDir: dirname(entry),
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      metafile: true,
      sourcemap: "external",
      sourcesContent: false,
      outfile: `${entry}.bundle.js`,
      define,
      // `import()` of what is known at run time alone becomes a call of `require`, which we answer.
      supported: { "dynamic-import": false },
      keepNames: false,
      logLevel: "silent",
      legalComments: "none",
      plugins: [hostModules(new Set(injected)), fileNames(realEntry(entry), sources)],
    });
  } catch (error) {
    throw compileError(error, entry);
  }
  const script = built.outputFiles.find((file) => file.path.endsWith(".js")) as esbuild.OutputFile;
  const code = callMakeRoomy(patchHelpers(script.text), Object.keys(built.metafile.inputs));
  const map = built.outputFiles.find((file) => file.path.endsWith(".map"))?.text;
  const isModule = built.metafile.inputs[basename(entry)]?.format === "esm";
  const provided = findProvided(realEntry(entry), sources);
  const unresolved = unresolvedNames(built.metafile, dirname(entry));
  const text = withoutPlace(withoutVersion(code), [realEntry(entry), ...sources.keys()]);
  return instantiate(entry, code, { map, isModule, provided, text, unresolved });
}

/** The entry as esbuild names it: without symbolic links. */
function realEntry(entry: string): string {
  try {
    return realpathSync(entry);
  } catch {
    return entry;
  }
}

function unresolvedNames(metafile: esbuild.Metafile, directory: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const [file, { imports }] of Object.entries(metafile.inputs)) {
    if (file.startsWith("host:")) continue;
    for (const { path, external } of imports) {
      const from = resolve(directory, file);
      if (external && !names.has(path) && !isInstalled(path, from)) names.set(path, from);
    }
  }
  return names;
}

/**
 * The code as it would be on any version of Node: which free names are a host's (`navigator`, say), and
 * whether `import.meta` has a `main`, differs from one to the next.
 */
export function withoutVersion(code: string): string {
  return code.replaceAll("globalThis.", "").replace(/, main: (?:true|false)(?=, url: ")/g, "");
}

/** The code as it would be in any other folder: files that know their place have absolute paths in it. */
function withoutPlace(code: string, files: readonly string[]): string {
  let [root = "/"] = files;
  for (const file of files) {
    while (root !== "/" && !file.startsWith(`${root}/`)) root = dirname(root);
  }
  if (files.length < 2 || root === "/") return code;
  return [root, pathToFileURL(root).href].reduce(
    (text, place) => text.replaceAll(`${place}/`, "./").replaceAll(`${place}"`, '."'),
    code,
  );
}

/** Compiles source text as a CommonJS script: `new Worker(code, { eval: true })`, `node -e`. */
export async function compileSource(source: string, name: string): Promise<CompiledProgram> {
  // Only what it mentions: some are made when they are looked at, and one warns then.
  const names = hostNames.filter((name) => source.includes(name));
  const scope = `const { ${names.join(", ")} } = globalThis; const global = globalThis;`;
  const code = `const module = { exports: {} }, exports = module.exports; { ${scope}\n${source}\n}`;
  try {
    const parts = { map: undefined, isModule: false, provided: noProvided, text: code };
    return instantiate(name, code, parts);
  } catch (error) {
    throw new LightconeError("LC_COMPILE", `${name}: ${(error as Error).message}`);
  }
}

interface Instance {
  readonly map: string | undefined;
  readonly isModule: boolean;
  readonly provided: Provided;
  /** The code, as its digest counts it. */
  readonly text: string;
  readonly unresolved?: ReadonlyMap<string, string>;
}

function instantiate(
  entry: string,
  code: string,
  { map, isModule, provided, text, unresolved }: Instance,
): CompiledProgram {
  // The bundle may await at its top level: it runs in an async function, synchronous until it awaits.
  const hash = createHash("sha256").update(text);
  if (provided.digest !== "") hash.update(provided.digest);
  const digest = hash.digest("hex").slice(0, 16);
  // Programs see this name in stack traces: it depends on nothing but the program.
  const filename = `lightcone-program:${digest}:${entry}`;
  const run = compileFunction(`return (async () => {${code}\n})();`, PARAMETERS, { filename }) as (
    ...args: unknown[]
  ) => Promise<void>;
  if (map) registerSourceMap(filename, map, dirname(entry));
  return {
    entry,
    digest,
    isModule,
    provided,
    unresolved,
    evaluate: ({ global, require, publish, placeOf }) =>
      run(global, require, publish, placeOf, keepNamespaces, defineExport, makeRoomy),
  };
}

/** Built-in and injected modules come from the process that runs the program. */
function hostModules(injected: ReadonlySet<string>): esbuild.Plugin {
  return {
    name: "host-modules",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path }) =>
        injected.has(path) || isBuiltin(path) ? { path, namespace: "host" } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "host" }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(`lc:${path}`)});`,
        loader: "js",
      }));
      // What the stand-in asks for is the process's `require` itself, not another module to bundle.
      build.onResolve({ filter: /^lc:/ }, ({ path }) => ({ path: path.slice(3), external: true }));
    },
  };
}

function compileError(error: unknown, entry: string): LightconeError {
  const [first] = (error as Partial<esbuild.BuildFailure>).errors ?? [];
  if (!first) return new LightconeError("LC_COMPILE", `cannot compile ${entry}: ${String(error)}`);
  const { text, location } = first;
  const where = location ? `${location.file}:${location.line}:${location.column + 1}` : entry;
  if (text.includes("lightcone:start") || (location?.file ?? "").includes("lightcone:start")) {
    return new LightconeError(
      "LC_COMPILE",
      `cannot find ${entry}`,
      "Check the path of the program.",
    );
  }
  return new LightconeError("LC_COMPILE", `${where}: ${text}`, location?.lineText.trim());
}
