/**
 * Namespaces of ES modules that a program asked for by a name which was not known when it was compiled.
 * esbuild makes `import(name)` a call of `require`, and wraps what comes back as CommonJS would have to be.
 */

/** Namespaces, and promises of them: they are what `import()` gives, as they are. */
export const namespaces: WeakSet<object> = new WeakSet();

/** Marks what an ES module exports. */
export function namespaceOf<T extends object>(exports: T): T {
  namespaces.add(exports);
  return exports;
}

/** What built-in modules export: a program has one namespace of each, however many files import it. */
export const builtinExports: WeakSet<object> = new WeakSet();

type ToNamespace = (module: unknown, isNodeMode: unknown, target?: unknown) => unknown;

/** Makes esbuild's helper keep the namespaces of built-in modules. Called once in each process. */
export function keepNamespaces(make: ToNamespace): ToNamespace {
  const kept = new Map<unknown, unknown>();
  return (module, isNodeMode, target) => {
    if (namespaces.has(module as object)) return module;
    if (!isNodeMode || !builtinExports.has(module as object)) {
      return make(module, isNodeMode, target);
    }
    let namespace = kept.get(module);
    if (namespace === undefined) {
      namespace = make(module, isNodeMode, target);
      kept.set(module, namespace);
    }
    return namespace;
  };
}

const HELPER = /var __toESM = (\(mod, isNodeMode, target\) => \([\s\S]*?\n\)\));/;

/**
 * Teaches esbuild's helpers in a bundle to leave namespaces as they are, and to define what a module exports
 * directly: `Object.defineProperty` looks whether it is asked to change what processes share.
 */
export function patchHelpers(code: string): string {
  return code
    .replace(HELPER, "var __toESM = __lc_keep_namespaces($1);")
    .replace("var __defProp = Object.defineProperty;", "var __defProp = __lc_define;");
}
