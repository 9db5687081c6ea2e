/**
 * Namespaces of ES modules: objects without a prototype, with sorted names, that cannot be changed.
 * Node's are exotic objects. These are ordinary ones with read-only properties, which are getters
 * as long as their values may change.
 */
import { defineProperty, plain, preventExtensions } from "../../views/safe.ts";

/** The location of an exported name's value: a property of a module's environment. */
export interface Cell {
  readonly environment: Environment;
  readonly key: string;
  /** True once its value can no longer change. */
  readonly settled: boolean;
  /** True once its module has been evaluated. */
  readonly evaluated: boolean;
  /** True if its value can no longer change from then on. */
  readonly constant: boolean;
}

/** A module's own exports, by name. Reading a name that has no value yet throws. */
export type Environment = Record<string, unknown>;

/** All namespaces that were created. */
const namespaces = new WeakSet<object>();

/** Returns whether an object is a module's namespace. */
export function isNamespace(value: unknown): boolean {
  return typeof value === "object" && value !== null && namespaces.has(value);
}

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

type Inspect = (value: unknown, options: object) => string;

/** Inspects a namespace as `[Module: null prototype] { ... }`. */
const inspectNamespace = {
  value(this: object, _depth: number, options: object, inspect: Inspect): string {
    const shown = Object.create(null) as Record<string, unknown>;
    for (const key of Object.keys(this)) {
      try {
        shown[key] = (this as Record<string, unknown>)[key];
      } catch {
        shown[key] = uninitialized;
      }
    }
    return inspect(shown, { ...options, customInspect: true }).replace("[Object:", "[Module:");
  },
};
const uninitialized = { [inspectSymbol]: () => "<uninitialized>" };

/** Creates a namespace with these names, in any order. */
export function createNamespace(cells: ReadonlyMap<string, Cell>): object {
  const namespace = Object.create(null) as object;
  const keys = [...cells.keys()].sort(byCodeUnits);
  for (const key of keys) showCell(namespace, key, cells.get(key) as Cell);
  defineProperty(namespace, Symbol.toStringTag, plain({ value: "Module" }));
  defineProperty(namespace, inspectSymbol, plain({ ...inspectNamespace }));
  preventExtensions(namespace);
  namespaces.add(namespace);
  return namespace;
}

/** Defines a cell as a property of a namespace. Called again once it is settled. */
export function showCell(namespace: object, key: string, cell: Cell): void {
  const { environment, key: at, settled, evaluated, constant } = cell;
  const descriptor: PropertyDescriptor = settled
    ? { value: environment[at], enumerable: true, writable: false, configurable: false }
    : {
        get: () => environment[at],
        set: refuse(key),
        enumerable: true,
        configurable: constant && !evaluated,
      };
  defineProperty(namespace, key, plain(descriptor));
}

/** V8 says it in fewer words since Node 26. */
const isTerse = Number.parseInt(process.versions.node, 10) >= 26;

/** Returns a setter that throws V8's error for an assignment to a namespace's name. */
function refuse(key: string): () => never {
  return () => {
    throw new TypeError(
      isTerse
        ? `Cannot assign to property '${key}' of [object Module]`
        : `Cannot assign to read only property '${key}' of object '[object Module]'`,
    );
  };
}

/** Sets a function's name. */
export function setName(target: object, value: string): void {
  defineProperty(target, "name", plain({ value, configurable: true }));
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
