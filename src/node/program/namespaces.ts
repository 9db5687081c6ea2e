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

const HELPER = "var __toESM = (mod, isNodeMode, target) => (";

/** Teaches esbuild's helper in a bundle to leave namespaces as they are. */
export function patchImportHelper(code: string): string {
  return code.replace(HELPER, `${HELPER.slice(0, -1)}__lc_namespaces.has(mod) ? mod : (`);
}
