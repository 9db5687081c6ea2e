/**
 * Namespaces of ES modules: objects without a prototype, with sorted names, that nobody can change. Node's
 * are exotic objects; these are ordinary ones whose properties are read-only, and getters as long as what
 * they show may change.
 */
import { defineProperty, plain, preventExtensions } from "../../views/safe.ts";

/** Where the value of an exported name is: a property of a module's environment. */
export interface Cell {
  readonly environment: Environment;
  readonly key: string;
  /** Its value stays as it is from now on. */
  readonly settled: boolean;
  /** Its module has been evaluated. */
  readonly evaluated: boolean;
}

/** What a module exports of its own, by name. Reading a name that has no value yet throws. */
export type Environment = Record<string, unknown>;

/** The namespaces that were made. */
const namespaces = new WeakSet<object>();

/** Whether an object is a module's namespace. */
export function isNamespace(value: unknown): boolean {
  return typeof value === "object" && value !== null && namespaces.has(value);
}

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom");

type Inspect = (value: unknown, options: object) => string;

/** As `[Module: null prototype] { ... }`. */
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

/** Makes a namespace of these names, in any order. */
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

/** Shows a cell as a property of a namespace: again, once it is settled. */
export function showCell(namespace: object, key: string, cell: Cell): void {
  const { environment, key: at, settled, evaluated } = cell;
  const descriptor: PropertyDescriptor = settled
    ? { value: environment[at], enumerable: true, writable: false, configurable: false }
    : { get: () => environment[at], enumerable: true, configurable: !evaluated };
  defineProperty(namespace, key, plain(descriptor));
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
