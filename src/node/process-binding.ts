/**
 * `process.binding`, which old packages use: the process's own simulated bindings, as far as Node
 * itself still exposes them to programs. The rules are those of Node's library.
 */
import { librarySource, realBinding } from "./lib/natives.ts";
import type { Realm } from "./realm-types.ts";

/** Returns the names in a list of `internal/bootstrap/realm`. */
function namesIn(list: string): ReadonlySet<string> {
  const source = librarySource("internal/bootstrap/realm");
  const text = new RegExp(`${list} = new SafeSet\\(\\[([^\\]]*)`).exec(source)?.[1] ?? "";
  return new Set([...text.matchAll(/'([^']+)'/g)].map(([, name]) => name as string));
}

let lists: Readonly<Record<"allowed" | "deprecated" | "wrapped", ReadonlySet<string>>> | undefined;

/** Creates the function for one process. */
export function createProcessBinding(realm: Realm): (module: unknown) => unknown {
  lists ??= {
    allowed: namesIn("processBindingAllowList"),
    deprecated: namesIn("runtimeDeprecatedList"),
    wrapped: namesIn("legacyWrapperList"),
  };
  const { allowed, deprecated, wrapped } = lists;
  const warned = new Set<string>();
  function binding(module: unknown): unknown {
    const name = `${module as string}`;
    const isKnown = allowed.has(name) || deprecated.has(name) || wrapped.has(name);
    if (!isKnown) throw new Error(`No such module: ${name}`);
    if (deprecated.has(name) && !warned.has(name)) {
      warned.add(name);
      realm.process.emitWarning(
        `Access to process.binding('${name}') is deprecated.`,
        "DeprecationWarning",
        "DEP0111",
      );
    }
    // Text, the same for every process.
    if (name === "natives") return { ...realBinding("natives") };
    if (wrapped.has(name)) return realm.require("internal/legacy/processbinding")[name]();
    return realm.internalBinding(name);
  }
  if (!realm.require("internal/options").getOptionValue("--pending-deprecation")) return binding;
  const { deprecate } = realm.require("internal/util");
  return deprecate(binding, "process.binding() is deprecated.", "DEP0111");
}
