/** Runs a script that is not a file: `node -e`, the source of a worker, a command of a shell. */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import type { NodeProcess } from "../node-process.ts";
import { loaderOf } from "./commonjs.ts";

/** Code that runs before the script, as in Node: its module's variables are global. */
const PRELUDE =
  "globalThis.module = module; globalThis.exports = exports; globalThis.require = require;" +
  "globalThis.__dirname = __dirname; globalThis.__filename = __filename;";

/** Returns a program's injected modules in the form that its loader expects. */
export function builtinsOf(
  injected: Readonly<Record<string, unknown>>,
): Record<string, () => unknown> {
  return Object.fromEntries(Object.entries(injected).map(([id, module]) => [id, () => module]));
}

/** Runs `source` in a process, which must be running, under the name that stack traces show. */
export function runSource(node: NodeProcess, source: string, name: string): void {
  const loader = loaderOf(node.realm);
  const global = node.global as Record<string, unknown>;
  const cwd = (node.realm.process as { cwd(): string }).cwd();
  const module = new loader.Module(name);
  module.filename = posix.join(cwd, name);
  module.path = cwd;
  module.paths = loader.finder.modulePaths(cwd);
  if (name === "[eval]") defineBuiltins(node, global);
  module._compile(PRELUDE, `${name}-wrapper`, "commonjs");
  global["__filename"] = name;
  node.async.main(() => {
    loader.runScript(module, source, name);
  });
}

/** `node -e` has all built-in modules as globals. */
function defineBuiltins(node: NodeProcess, global: object): void {
  for (const id of builtinModules) {
    if (id.startsWith("_") || id.includes("/")) continue;
    // Its `crypto` is the module, and not Web Crypto.
    if (id in global && id !== "crypto") continue;
    Object.defineProperty(global, id, {
      configurable: true,
      get: () => node.realm.requirePublic(id),
      set(value: unknown) {
        Object.defineProperty(global, id, { value, writable: true, configurable: true });
      },
    });
  }
}

/**
 * Returns whether a script failed to compile because it is an ES module. Newer versions of Node
 * then run it as one.
 */
export function isModuleSyntax(error: unknown): boolean {
  return (
    error instanceof SyntaxError &&
    /^(Cannot use import statement|Unexpected token 'export'|Cannot use 'import.meta')/.test(
      error.message,
    )
  );
}
