/**
 * JavaScript's own operations, saved before any program runs. Code that looks for patched built-ins
 * cannot call operations through built-ins that may be patched.
 */

export const defineProperty: typeof Reflect.defineProperty = Reflect.defineProperty;
export const deleteProperty: typeof Reflect.deleteProperty = Reflect.deleteProperty;
export const getOwnPropertyDescriptor: typeof Reflect.getOwnPropertyDescriptor =
  Reflect.getOwnPropertyDescriptor;
export const getPrototypeOf: typeof Reflect.getPrototypeOf = Reflect.getPrototypeOf;
export const ownKeys: typeof Reflect.ownKeys = Reflect.ownKeys;
export const preventExtensions: typeof Reflect.preventExtensions = Reflect.preventExtensions;
export const setPrototypeOf: typeof Reflect.setPrototypeOf = Reflect.setPrototypeOf;

export const isSame: (a: unknown, b: unknown) => boolean = Object.is;

type Uncurried<T> = T extends (this: infer O, ...args: infer A) => infer R
  ? (object: O, ...args: A) => R
  : never;

/** Returns a method as a function of its receiver. Calling it looks up no properties. */
export function uncurry<T>(method: T): Uncurried<T> {
  return Function.prototype.call.bind(method as () => void) as Uncurried<T>;
}

/** Returns whether an object has an own property. */
export const hasOwn: (object: object, key: PropertyKey) => boolean = uncurry(
  Object.prototype.hasOwnProperty,
);

/**
 * Returns a descriptor without a prototype: an inherited `Object.prototype.get` would make it
 * invalid.
 */
export function plain(descriptor: PropertyDescriptor): PropertyDescriptor {
  setPrototypeOf(descriptor, null);
  return descriptor;
}

// Programs may assign to the global names.
const world = globalThis;

/**
 * Returns the current state of an own property. The global `Buffer`, whose accessor only keeps a
 * value, is returned as that value.
 */
export function read(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (descriptor === undefined) return undefined;
  plain(descriptor);
  if (object !== world || key !== "Buffer" || descriptor.set === undefined) return descriptor;
  return plain({ value: world.Buffer, writable: true, enumerable: false, configurable: true });
}

/** Returns whether two properties are the same in all that a program can observe. */
export function isSameProperty(
  a: PropertyDescriptor | undefined,
  b: PropertyDescriptor | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    isSame(a.value, b.value) &&
    a.get === b.get &&
    a.set === b.set &&
    a.writable === b.writable &&
    a.enumerable === b.enumerable &&
    a.configurable === b.configurable
  );
}
