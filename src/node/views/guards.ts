/**
 * Replacements during a run of the operations that define properties. They report definitions to
 * the views, and prevent a program's changes to a shared built-in from becoming permanent: a
 * non-configurable property, or a frozen `Object.prototype`, could never be undone. Such a program
 * gets the same results as outside; the built-in itself stays as it is.
 */
import type { SharedObject } from "./catalog.ts";
import {
  defineProperty,
  ownKeys,
  plain,
  preventExtensions,
  read,
  setPrototypeOf,
  uncurry,
} from "./safe.ts";
import type { Claims } from "./changes.ts";
import { touch } from "./search.ts";
import { installedView, sharedObjectOf } from "./view.ts";

/** A property of the real environment, and its value during a run. */
export interface Guard {
  readonly owner: object;
  readonly name: string;
  readonly descriptor: PropertyDescriptor;
}

type AnyFunction = (...args: never[]) => unknown;

// As methods of a bare object, they appear in stack traces as those of `Object` do.
const real: typeof Object = Object.create(
  null,
  Object.getOwnPropertyDescriptors(Object),
) as typeof Object;
const realReflect: typeof Reflect = Object.create(
  null,
  Object.getOwnPropertyDescriptors(Reflect),
) as typeof Reflect;

const find = uncurry(Map.prototype.get);
const keep = uncurry(Map.prototype.set);
const has = uncurry(Set.prototype.has);
const add = uncurry(Set.prototype.add);

function claimsOn({ object }: SharedObject): Claims {
  const { claims } = installedView();
  let known = find(claims, object) as Claims | undefined;
  if (known === undefined) keep(claims, object, (known = { fixed: new Set(), closed: false }));
  return known;
}

function claimed({ object }: SharedObject): Claims | undefined {
  return find(installedView().claims, object) as Claims | undefined;
}

/**
 * Defines a property of a shared object: first, with `define`, on an object in the state that the
 * program believes the shared one to have, where it fails as it would outside; then on the shared
 * one.
 */
function defineShared(
  shared: SharedObject,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
  define: (target: object, key: PropertyKey, descriptor: PropertyDescriptor) => unknown,
): boolean {
  const name = typeof key === "symbol" ? key : `${key as string}`;
  const before = read(shared.object, name);
  const claims = claimed(shared);
  const scratch = Object.create(null) as object;
  if (before !== undefined) {
    const isFixed = claims !== undefined && has(claims.fixed, name);
    const configurable = before.configurable === true && !isFixed;
    defineProperty(scratch, name, plain({ ...before, configurable }));
  }
  if (claims?.closed === true) preventExtensions(scratch);
  if (define(scratch, name, descriptor) === false) return false;
  const after = read(scratch, name) as PropertyDescriptor;
  if (before !== undefined && before.configurable !== true) {
    return defineProperty(shared.object, name, after);
  }
  if (after.configurable !== true) {
    add(claimsOn(shared).fixed, name);
    after.configurable = true;
  }
  touch(shared);
  return defineProperty(shared.object, name, after);
}

/** The effect of `Object.freeze`, `seal` and `preventExtensions` on a shared object. */
function close(shared: SharedObject, how: { fix: boolean; freeze: boolean }): void {
  const { object } = shared;
  if (how.fix) {
    const keys = ownKeys(object);
    for (let i = 0; i < keys.length; i++) {
      const before = read(object, keys[i] as PropertyKey) as PropertyDescriptor;
      const fixed: PropertyDescriptor = { configurable: false };
      if (how.freeze && before.writable === true) fixed.writable = false;
      defineShared(shared, keys[i] as PropertyKey, plain(fixed), realReflect.defineProperty);
    }
  }
  claimsOn(shared).closed = true;
}

/**
 * Returns whether the program believes that a shared object is non-extensible and all its
 * properties are fixed.
 */
function isClosed(shared: SharedObject, frozen: boolean): boolean {
  const claims = claimed(shared);
  if (claims?.closed !== true) return false;
  const keys = ownKeys(shared.object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    const { configurable, writable } = read(shared.object, key) as PropertyDescriptor;
    if (configurable === true && !has(claims.fixed, key)) return false;
    if (frozen && writable === true) return false;
  }
  return true;
}

/** Returns a property's descriptor as a program is to see it. */
let describe: typeof Reflect.getOwnPropertyDescriptor = (target, key) =>
  real.getOwnPropertyDescriptor(target, key);

/**
 * Sets what `Object.getOwnPropertyDescriptor` and its kin return during a run, for objects and names
 * that are not what they look like.
 */
export function setDescribe(own: typeof describe): void {
  describe = own;
}

const ofObject = {
  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
    return describe(target, key);
  },
  getOwnPropertyDescriptors(target: object): object {
    const descriptors = real.getOwnPropertyDescriptors(target) as Record<PropertyKey, unknown>;
    const keys = ownKeys(descriptors);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as PropertyKey;
      descriptors[key] = describe(target, key);
    }
    return descriptors;
  },
  defineProperty(target: object, key: PropertyKey, descriptor: PropertyDescriptor): object {
    const shared = sharedObjectOf(target);
    if (shared === undefined) return real.defineProperty(target, key, descriptor);
    defineShared(shared, key, descriptor, real.defineProperty);
    return target;
  },
  defineProperties(target: object, descriptors: PropertyDescriptorMap): object {
    const shared = sharedObjectOf(target);
    if (shared === undefined) return real.defineProperties(target, descriptors);
    const keys = ownKeys(descriptors);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (read(descriptors, key)?.enumerable !== true) continue;
      defineShared(shared, key, descriptors[key] as PropertyDescriptor, real.defineProperty);
    }
    return target;
  },
  freeze(target: object): object {
    const shared = sharedObjectOf(target);
    if (shared === undefined) return real.freeze(target);
    close(shared, { fix: true, freeze: true });
    return target;
  },
  seal(target: object): object {
    const shared = sharedObjectOf(target);
    if (shared === undefined) return real.seal(target);
    close(shared, { fix: true, freeze: false });
    return target;
  },
  preventExtensions(target: object): object {
    const shared = sharedObjectOf(target);
    if (shared === undefined) return real.preventExtensions(target);
    close(shared, { fix: false, freeze: false });
    return target;
  },
  isFrozen(target: object): boolean {
    const shared = sharedObjectOf(target);
    return shared === undefined ? real.isFrozen(target) : isClosed(shared, true);
  },
  isSealed(target: object): boolean {
    const shared = sharedObjectOf(target);
    return shared === undefined ? real.isSealed(target) : isClosed(shared, false);
  },
  isExtensible(target: object): boolean {
    const shared = sharedObjectOf(target);
    return shared === undefined ? real.isExtensible(target) : claimed(shared)?.closed !== true;
  },
  setPrototypeOf(target: object, prototype: object | null): object {
    const shared = sharedObjectOf(target);
    if (shared !== undefined) touch(shared);
    return real.setPrototypeOf(target, prototype) as object;
  },
};

const ofReflect = {
  getOwnPropertyDescriptor(target: object, key: PropertyKey): PropertyDescriptor | undefined {
    // It fails for what is no object, as `Object`'s does not.
    return (typeof target === "object" && target !== null) || typeof target === "function"
      ? describe(target, key)
      : realReflect.getOwnPropertyDescriptor(target, key);
  },
  defineProperty(target: object, key: PropertyKey, descriptor: PropertyDescriptor): boolean {
    const shared = sharedObjectOf(target);
    return shared === undefined
      ? realReflect.defineProperty(target, key, descriptor)
      : defineShared(shared, key, descriptor, realReflect.defineProperty);
  },
  preventExtensions(target: object): boolean {
    const shared = sharedObjectOf(target);
    if (shared === undefined) return realReflect.preventExtensions(target);
    close(shared, { fix: false, freeze: false });
    return true;
  },
  isExtensible(target: object): boolean {
    const shared = sharedObjectOf(target);
    return shared === undefined
      ? realReflect.isExtensible(target)
      : claimed(shared)?.closed !== true;
  },
  setPrototypeOf(target: object, prototype: object | null): boolean {
    const shared = sharedObjectOf(target);
    if (shared !== undefined) touch(shared);
    return setPrototypeOf(target, prototype);
  },
};

/**
 * `__defineGetter__` and `__defineSetter__`: their definitions can be undone, and have to be
 * detected.
 */
function legacy(name: "__defineGetter__" | "__defineSetter__"): AnyFunction {
  const define = uncurry(
    (Object.prototype as unknown as Record<string, AnyFunction>)[name] as AnyFunction,
  ) as (target: unknown, key: PropertyKey, accessor: unknown) => void;
  return {
    [name](this: unknown, key: PropertyKey, accessor: unknown): void {
      const shared = sharedObjectOf(this);
      if (shared !== undefined) touch(shared);
      define(this, key, accessor);
    },
  }[name] as AnyFunction;
}

/** Returns the replacements of the operations during a run. */
export function definitionGuards(): Guard[] {
  const guards: Guard[] = [];
  const replace = (owner: object, methods: Record<string, AnyFunction>): void => {
    for (const [name, method] of Object.entries(methods)) {
      // A bound function prints as native code, as the original does.
      const value = method.bind(undefined);
      real.defineProperty(value, "name", { value: name, configurable: true });
      guards.push({ owner, name, descriptor: { value } });
    }
  };
  replace(Object, ofObject);
  replace(Reflect, ofReflect);
  for (const name of ["__defineGetter__", "__defineSetter__"] as const) {
    guards.push({ owner: Object.prototype, name, descriptor: { value: legacy(name) } });
  }
  return guards;
}
