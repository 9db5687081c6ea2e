/** Maps the names of `internalBinding` to simulated bindings. */
import type { Realm } from "../realm-types.ts";
import { notSimulated } from "../not-simulated.ts";
import { setPrototypeOf } from "../views/safe.ts";
import type { BindingContext } from "./context.ts";
import { coreBindings } from "./core.ts";
import { createHttpParserBinding } from "./http-parser.ts";

export { notSimulated } from "../not-simulated.ts";

type Factory = (realm: Realm) => object;

/** Wraps a binding that needs only its process. */
function of(create: (context: BindingContext) => object): Factory {
  return (realm) => create(realm.context);
}

const factories: Record<string, Factory> = {
  ...coreBindings,
  http_parser: createHttpParserBinding,
  async_wrap: ({ context }) => context.async.asyncWrapBinding(() => context.process.running),
  async_context_frame: ({ context }) => context.async.frameBinding(),
};

/** Registers the bindings of a part of the platform: network, disk, and so on. */
export function registerBindings(
  bindings: Record<string, (context: BindingContext) => object>,
): void {
  for (const [name, create] of Object.entries(bindings)) factories[name] = of(create);
}

/** Registers bindings that need more of a process than its context. */
export function registerRealmBindings(bindings: Record<string, (realm: Realm) => object>): void {
  Object.assign(factories, bindings);
}

/** Creates the binding of one process. */
export function createBinding(
  name: string,
  realm: Realm,
  own: Readonly<Record<string, Factory>>,
): object {
  const factory = own[name] ?? (Object.hasOwn(factories, name) ? factories[name] : undefined);
  const binding = factory ? factory(realm) : {};
  // A binding that is a real one, a proxy or an instance of a class is returned unchanged.
  if (Object.getPrototypeOf(binding) === Object.prototype && Object.isExtensible(binding)) {
    setPrototypeOf(binding, missingNames(name));
  }
  return binding;
}

/** The prototypes of bindings, by the binding's name. */
const prototypes = new Map<string, object>();
/** The functions for missing names that were read from a binding of some process. */
const missing = new WeakMap<object, Map<string, object>>();

/**
 * Node's library reads many names from a binding that it never uses. A name that is not simulated
 * is a function that throws when it is called, with an error that names it. These functions are on
 * the binding's prototype, so simulated names have no extra cost. The prototype is the same for all
 * processes, so V8 gives the bindings of all of them the same hidden class; the functions are each
 * process's own.
 */
function missingNames(binding: string): object {
  let prototype = prototypes.get(binding);
  if (prototype === undefined) {
    prototype = new Proxy(Object.prototype, {
      get(target, name, receiver: object) {
        if (typeof name === "symbol" || Reflect.has(target, name)) return Reflect.get(target, name);
        let known = missing.get(receiver);
        if (known === undefined) missing.set(receiver, (known = new Map()));
        let stand = known.get(name);
        if (!stand) known.set(name, (stand = notSimulated(`${binding}.${name}`)));
        return stand;
      },
    });
    prototypes.set(binding, prototype);
  }
  return prototype;
}
