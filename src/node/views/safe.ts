/**
 * JavaScript's own operations, taken before any program runs. What looks for patched built-ins cannot call
 * them through the built-ins that may be patched.
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

/** A method as a function of its receiver, which looks nothing up when it is called. */
export function uncurry<T>(method: T): Uncurried<T> {
  return Function.prototype.call.bind(method as () => void) as Uncurried<T>;
}

/** Whether an object has a property of its own. */
export const hasOwn: (object: object, key: PropertyKey) => boolean = uncurry(
  Object.prototype.hasOwnProperty,
);

/** Gives a descriptor that inherits nothing: `Object.prototype.get` would make it invalid. */
export function plain(descriptor: PropertyDescriptor): PropertyDescriptor {
  setPrototypeOf(descriptor, null);
  return descriptor;
}

/** An own property as it is now. */
export function read(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = getOwnPropertyDescriptor(object, key);
  return descriptor && plain(descriptor);
}

/** Whether two properties are the same in all that a program can see. */
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
