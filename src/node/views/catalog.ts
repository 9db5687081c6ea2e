/**
 * The objects that all processes of a run share, and the state of each before any changes:
 * JavaScript's built-ins, those of Node's that native code creates too (`Buffer`, `URL`), and the
 * few real modules.
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
  /** The number of its properties. */
  size: number;
  /** The names of the compared properties, and in parallel the properties as they were found. */
  keys: PropertyKey[];
  properties: PropertyDescriptor[];
  /** The same by name, in an object without a prototype. */
  byKey: Record<PropertyKey, PropertyDescriptor>;
  readonly prototype: object | null;
  /** The number of names that a `for in` over it enumerates. */
  enumerable: number;
  /**
   * True for a built-in function that is only called. It is checked for added properties only at
   * the end.
   */
  readonly isPlainFunction: boolean;
  /**
   * True if its values are checked whenever a process is left. This applies to the objects that
   * programs patch.
   */
  isFrequent: boolean;
  /** True once a program has changed it. Its values are compared one by one from then on. */
  isChangeable: boolean;
  /**
   * True once a late addition by a program was detected. Its names are counted whenever a process
   * is left.
   */
  isWatched: boolean;
}

/** Creates the record of an object in its current state. */
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

/** Records the current state of an object. */
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

/**
 * Returns the number of names that a `for in` enumerates. V8 caches them, so this is the cheapest
 * check.
 */
export function countEnumerable(object: object): number {
  let count = 0;
  // oxlint-disable-next-line no-unused-vars, guard-for-in
  for (const _ in object) count++;
  return count;
}

/** Returns whether an object is unchanged. */
export function isUntouched({ object, size, keys, properties, prototype }: SharedObject): boolean {
  if (ownKeys(object).length !== size || getPrototypeOf(object) !== prototype) return false;
  for (let i = 0; i < keys.length; i++) {
    if (!isSameProperty(read(object, keys[i] as PropertyKey), properties[i])) return false;
  }
  return true;
}

/** Returns built-ins that have no name and are only reachable through syntax. */
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
    // The common prototype of the iterator prototypes is shared by all of them:
    // `%IteratorPrototype%`.
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

/** The objects that programs typically patch, in addition to `%TypedArray%` and the iterators. */
const frequent = new Set([
  ...["Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "Math"],
  ...["Promise", "Map", "Set", "WeakMap", "RegExp", "Error", "JSON", "Reflect", "Date", "Buffer"],
  ...["Uint8Array", "ArrayBuffer", "Iterator"],
]);

/** Returns all shared objects of this Node. */
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
      // `%TypedArray%`, the parent of the typed arrays, has no name.
      const parent = getPrototypeOf(value);
      if (typeof parent === "function" && parent !== Function.prototype) addWithPrototype(parent);
    }
  };
  const world = globalThis as unknown as Record<string, unknown>;
  const own = ["Date", "Math", "Atomics", "WeakRef", "FinalizationRegistry"];
  for (const name of frequent) if (name in world) addWithPrototype(world[name]);
  for (const object of unnamed()) add(object);
  for (const shared of found.values()) shared.isFrequent = true;
  // Each run defines a property of its own on `Error`.
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
  for (const color of Object.values(inspect.colors)) add(color);
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
