/**
 * The objects that all processes of a run share, and how each is while nobody has changed it: JavaScript's
 * built-ins, those of Node's that native code makes too (`Buffer`, `URL`), and the few real modules.
 */
import * as realBuffer from "node:buffer";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { globalPrototype, sharedNames } from "../globals.ts";
import { realModules } from "../public-modules.ts";
import { getPrototypeOf, isSameProperty, ownKeys, read, uncurry } from "./safe.ts";

/** An object that processes share. */
export interface SharedObject {
  readonly object: object;
  /** How many properties it has. */
  size: number;
  /** The names of those that are compared, and beside them the properties as they were found. */
  keys: PropertyKey[];
  properties: PropertyDescriptor[];
  /** The same by name; it inherits nothing. */
  byKey: Record<PropertyKey, PropertyDescriptor>;
  readonly prototype: object | null;
  /** How many names a `for in` over it shows. */
  enumerable: number;
  /** A built-in function that is only called: nobody looks for what was added to it, except at the end. */
  readonly isPlainFunction: boolean;
  /** Whether its values are looked at whenever a process is left: what programs patch is among these. */
  isFrequent: boolean;
  /** Whether a program was seen to change it: its values are compared one by one from then on. */
  isChangeable: boolean;
  /** Whether a program was seen to add to it late: its names are counted whenever a process is left. */
  isWatched: boolean;
}

/** Takes an object up as it is now. */
export function sharedObject(object: object, isPlainFunction = false): SharedObject {
  const shared: SharedObject = {
    object,
    size: 0,
    keys: [],
    properties: [],
    byKey: {},
    prototype: getPrototypeOf(object),
    enumerable: 0,
    isPlainFunction,
    isFrequent: false,
    isChangeable: false,
    isWatched: false,
  };
  survey(shared);
  return shared;
}

const real = createRequire(import.meta.url);
const sourceOf = uncurry(Function.prototype.toString);

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Takes note of how an object is now. */
export function survey(shared: SharedObject, isCompared?: (key: PropertyKey) => boolean): void {
  const all = ownKeys(shared.object) as PropertyKey[];
  shared.size = all.length;
  shared.keys = all;
  shared.byKey = Object.create(null) as SharedObject["byKey"];
  shared.properties = shared.keys.map((key) => read(shared.object, key) as PropertyDescriptor);
  shared.keys.forEach((key, i) => {
    shared.byKey[key] = shared.properties[i] as PropertyDescriptor;
  });
  if (isCompared) {
    shared.keys = all.filter(isCompared);
    shared.properties = shared.keys.map((key) => shared.byKey[key] as PropertyDescriptor);
  }
  shared.enumerable = countEnumerable(shared.object);
}

/** How many names a `for in` shows: V8 keeps them at hand, so that this is the cheapest look of all. */
export function countEnumerable(object: object): number {
  let count = 0;
  // oxlint-disable-next-line no-unused-vars, guard-for-in
  for (const _ in object) count++;
  return count;
}

/** Whether an object is as it was. */
export function isUntouched({ object, size, keys, properties, prototype }: SharedObject): boolean {
  if (ownKeys(object).length !== size || getPrototypeOf(object) !== prototype) return false;
  for (let i = 0; i < keys.length; i++) {
    if (!isSameProperty(read(object, keys[i] as PropertyKey), properties[i])) return false;
  }
  return true;
}

/** Built-ins that have no name: they are reached by syntax alone. */
function unnamed(): object[] {
  const instances = [
    async () => {},
    function* () {},
    async function* () {},
    (function* () {})(),
    (async function* () {})(),
    [][Symbol.iterator](),
    new Map()[Symbol.iterator](),
    new Set()[Symbol.iterator](),
    ""[Symbol.iterator](),
    "".matchAll(/x/g),
  ];
  const found: object[] = [];
  for (const instance of instances) {
    // What an iterator's prototype inherits is shared by all of them: `%IteratorPrototype%`.
    for (
      let at = getPrototypeOf(instance);
      at !== null && at !== Object.prototype;
      at = getPrototypeOf(at)
    ) {
      found.push(at);
    }
  }
  return found;
}

/** What programs patch, where they patch at all; beside it, `%TypedArray%` and the iterators. */
const frequent = new Set([
  ...["Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "Math"],
  ...["Promise", "Map", "Set", "WeakMap", "RegExp", "Error", "JSON", "Reflect", "Date", "Buffer"],
  ...["Uint8Array", "ArrayBuffer", "Iterator"],
]);

/** All shared objects of this Node. */
export function catalog(): SharedObject[] {
  const found = new Map<object, SharedObject>();
  const add = (object: unknown, isPlainFunction = false): void => {
    if (!isObject(object) || found.has(object)) return;
    found.set(object, sharedObject(object, isPlainFunction));
  };
  const addWithPrototype = (value: unknown): void => {
    add(value);
    if (typeof value === "function") {
      add(value.prototype);
      // `%TypedArray%`, which the typed arrays inherit from, has no name.
      const parent = getPrototypeOf(value);
      if (typeof parent === "function" && parent !== Function.prototype) addWithPrototype(parent);
    }
  };
  const world = globalThis as unknown as Record<string, unknown>;
  const own = ["Date", "Math", "Atomics", "WeakRef", "FinalizationRegistry"];
  for (const name of frequent) if (name in world) addWithPrototype(world[name]);
  for (const object of unnamed()) add(object);
  for (const shared of found.values()) shared.isFrequent = true;
  // Each run puts something of its own on `Error`.
  (found.get(Error) as SharedObject).isChangeable = true;
  for (const name of [...sharedNames, ...own]) addWithPrototype(world[name]);
  for (const name of ["Intl", "WebAssembly", "Temporal"].filter((name) => name in world)) {
    add(world[name]);
    for (const key of ownKeys(world[name] as object)) {
      const value = read(world[name] as object, key)?.value as unknown;
      if (typeof value === "function" && value.prototype !== undefined) addWithPrototype(value);
    }
  }
  for (const object of unnamed()) {
    const constructor = read(object, "constructor")?.value as unknown;
    if (constructor !== undefined) addWithPrototype(constructor);
  }
  addWithPrototype((realBuffer as unknown as { SlowBuffer?: unknown }).SlowBuffer);
  for (const id of realModules) add(real(`node:${id}`));
  for (const part of [inspect, inspect.styles, inspect.colors, inspect.defaultOptions]) add(part);
  add(globalPrototype);
  for (const { properties } of [...found.values()]) {
    for (const { value, get, set } of properties) {
      for (const part of [value, get, set]) {
        if (typeof part === "function" && sourceOf(part).includes("[native code]")) add(part, true);
      }
    }
  }
  return [...found.values()];
}
