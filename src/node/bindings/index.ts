/** Which simulated binding answers to which name of `internalBinding`. */
import type { Realm } from "../realm-types.ts";
import { notSimulated } from "../not-simulated.ts";
import type { BindingContext } from "./context.ts";
import { coreBindings } from "./core.ts";
import { createHttpParserBinding } from "./http-parser.ts";

export { notSimulated } from "../not-simulated.ts";

type Factory = (realm: Realm) => object;

/** A binding that needs its process alone. */
function of(create: (context: BindingContext) => object): Factory {
  return (realm) => create(realm.context);
}

const factories: Record<string, Factory> = {
  ...coreBindings,
  http_parser: createHttpParserBinding,
  async_wrap: ({ context }) => context.async.asyncWrapBinding(() => context.process.running),
  async_context_frame: ({ context }) => context.async.frameBinding(),
};

/** Registers the bindings of a room of the platform: network, disk, ... */
export function registerBindings(
  bindings: Record<string, (context: BindingContext) => object>,
): void {
  for (const [name, create] of Object.entries(bindings)) factories[name] = of(create);
}

/** Registers bindings that need more of a process than its context. */
export function registerRealmBindings(bindings: Record<string, (realm: Realm) => object>): void {
  Object.assign(factories, bindings);
}

/** Makes the binding of one process. */
export function createBinding(
  name: string,
  realm: Realm,
  own: Readonly<Record<string, Factory>>,
): object {
  const factory = own[name] ?? (Object.hasOwn(factories, name) ? factories[name] : undefined);
  const binding = factory ? factory(realm) : {};
  // A binding that is a real one, a proxy or a class of its own is left as it is.
  if (Object.getPrototypeOf(binding) === Object.prototype && Object.isExtensible(binding)) {
    Object.setPrototypeOf(binding, missingNames(name));
  }
  return binding;
}

/**
 * Node's library takes many names from a binding that it never uses. A name that is not simulated gives a
 * function that throws when it is called, and says which. It stands behind the binding as its prototype,
 * so that names which are simulated cost nothing more.
 */
function missingNames(binding: string): object {
  const known = new Map<string, object>();
  return new Proxy(Object.prototype, {
    get(target, name) {
      if (typeof name === "symbol" || Reflect.has(target, name)) return Reflect.get(target, name);
      let missing = known.get(name);
      if (!missing) known.set(name, (missing = notSimulated(`${binding}.${name}`)));
      return missing;
    },
  });
}
