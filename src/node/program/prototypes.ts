/**
 * Speeds up classes that get their methods one by one, by the hundred: `Class.prototype[name] = …`
 * in a loop, as in clients with a method for each command of their server. V8 keeps the prototype
 * of a class optimized for lookups, and copies the list of all its properties for each added one.
 * ioredis's 480 methods cost it 5 ms and as many megabytes. Outside a simulation that happens once;
 * here it would happen whenever a host starts. So such an object is made a dictionary first. V8
 * turns it into a fast object again when it is first used as a prototype.
 */
import { types } from "node:util";
import { defineProperty, deleteProperty, plain, read, uncurry } from "../views/safe.ts";
import { sharedObjectOf } from "../views/view.ts";

/** The number of added properties from which this is worthwhile. */
const MANY = 16;

const find = uncurry(WeakMap.prototype.get);
const keep = uncurry(WeakMap.prototype.set);
const { isProxy } = types;
const { isExtensible } = Object;

const FIRST = Symbol();
const LAST = Symbol();

/** The number of properties that were added to each prototype. */
const additions: WeakMap<object, number> = new WeakMap();

/**
 * Called before a program assigns a property to the prototype of `owner`. It has no observable
 * effect.
 */
export function makeRoomy(owner: unknown): void {
  if (typeof owner !== "function" || isProxy(owner)) return;
  const prototype: unknown = read(owner, "prototype")?.value;
  if (typeof prototype !== "object" || prototype === null || isProxy(prototype)) return;
  const count = ((find(additions, prototype) as number | undefined) ?? 0) + 1;
  if (count > MANY) return;
  keep(additions, prototype, count);
  if (count < MANY || !isExtensible(prototype) || sharedObjectOf(prototype)) return;
  // Deleting a property other than the last one added makes V8 drop the list.
  defineProperty(prototype, FIRST, plain({ configurable: true }));
  defineProperty(prototype, LAST, plain({ configurable: true }));
  deleteProperty(prototype, FIRST);
  deleteProperty(prototype, LAST);
}
