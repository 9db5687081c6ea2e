/**
 * Classes that get their methods one by one, by the hundred: `Class.prototype[name] = …` in a loop, as clients
 * do that have a method for each command of their server. V8 keeps the prototype of a class ready for fast
 * lookups, and copies the list of all its properties for each that is added; ioredis's 480 cost it 5 ms and as
 * many megabytes. Outside that happens once; here whenever a host starts. So such an object is made a
 * dictionary first, which V8 turns into a fast object again when it is first used as a prototype.
 */
import { types } from "node:util";
import { defineProperty, deleteProperty, plain, read, uncurry } from "../views/safe.ts";
import { sharedObjectOf } from "../views/view.ts";

/** So many properties are added before it is worth while. */
const MANY = 16;

const find = uncurry(WeakMap.prototype.get);
const keep = uncurry(WeakMap.prototype.set);
const { isProxy } = types;
const { isExtensible } = Object;

const FIRST = Symbol();
const LAST = Symbol();

/** How many properties each prototype was given. */
const additions: WeakMap<object, number> = new WeakMap();

/** Called before a program assigns a property to the prototype of `owner`. It changes nothing that shows. */
export function makeRoomy(owner: unknown): void {
  if (typeof owner !== "function" || isProxy(owner)) return;
  const prototype: unknown = read(owner, "prototype")?.value;
  if (typeof prototype !== "object" || prototype === null || isProxy(prototype)) return;
  const count = ((find(additions, prototype) as number | undefined) ?? 0) + 1;
  if (count > MANY) return;
  keep(additions, prototype, count);
  if (count < MANY || !isExtensible(prototype) || sharedObjectOf(prototype)) return;
  // To delete what was not added last is what makes V8 give up the list.
  defineProperty(prototype, FIRST, plain({ configurable: true }));
  defineProperty(prototype, LAST, plain({ configurable: true }));
  deleteProperty(prototype, FIRST);
  deleteProperty(prototype, LAST);
}
