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

/** A statement that assigns to a computed property of a prototype, behind the end of another or in a block. */
const ASSIGNMENT =
  /(?<=[{;])(?=\n[ \t]+([\p{ID_Start}$_][\p{ID_Continue}$]*)\.prototype\[[^\n]+\] = )/gu;

/**
 * Puts the call of `makeRoomy` before such statements of a bundle of `inputs`: at the end of the line before,
 * so that every place in a stack trace is the same. Files with template literals are left as they are: a line of
 * one may look like a statement.
 */
export function callMakeRoomy(code: string, inputs: Iterable<string>): string {
  const heads = new Set([...inputs].map((input) => `// ${input}\n`));
  return code
    .split(/^(?=\/\/ )/m)
    .reduce<string[]>((sections, text) => {
      const isFile = heads.has(text.slice(0, text.indexOf("\n") + 1));
      if (isFile || sections.length === 0) sections.push(text);
      else sections[sections.length - 1] += text;
      return sections;
    }, [])
    .map((text) => (text.includes("`") ? text : text.replace(ASSIGNMENT, " __lc_make_roomy($1);")))
    .join("");
}
