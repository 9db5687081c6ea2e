/**
 * What Node's CommonJS loader keeps on a module besides its documented properties, and the warning
 * for names that a module of a cycle does not have yet. Programs see both when they print a module.
 */
import { types } from "node:util";
import type { Realm } from "../realm-types.ts";
import type { Module } from "./commonjs.ts";

const [major = 0] = process.versions.node.split(".").map(Number);

const isMainKey = Symbol("kIsMainSymbol");
const isCachedByEsmKey = Symbol("kIsCachedByESMLoader");
const urlKey = Symbol("kURL");
const formatKey = Symbol("kFormat");
const isExecutingKey = Symbol("kIsExecuting");

type State = Record<symbol, unknown>;

/** Notes that a module is about to be loaded. */
export function noteLoading(module: Module, isMain: boolean): void {
  const state = module as unknown as State;
  state[isMainKey] = isMain;
  state[isCachedByEsmKey] = false;
  if (major < 22) return;
  state[urlKey] = undefined;
  state[formatKey] = undefined;
}

/** Notes that the code of a module begins, or ends, to run. */
export function noteExecuting(module: Module, isExecuting: boolean): void {
  const state = module as unknown as State;
  if (!(isMainKey in state)) return;
  if (isExecuting) state[formatKey] ??= "commonjs";
  state[isExecutingKey] = isExecuting;
}

const parents = new WeakMap<object, Module | null | undefined>();

/** Returns the module that required a module first. */
export function parentOf(module: object): Module | null | undefined {
  return parents.get(module);
}

/** Notes which module required a module first. */
export function setParent(module: object, parent: Module | null | undefined): void {
  parents.set(module, parent);
}

/** `module.parent`, as an accessor of all modules of a process. */
export function parentProperty(realm: Realm): PropertyDescriptor {
  const { pendingDeprecate } = realm.require("internal/util");
  const deprecated = <F>(accessor: F): F =>
    pendingDeprecate(
      accessor,
      "module.parent is deprecated due to accuracy issues. Please use require.main to find program " +
        "entry point instead.",
      "DEP0144",
    );
  return {
    get: deprecated(function (this: object) {
      return parents.get(this);
    }),
    set: deprecated(function (this: object, value: Module | null | undefined) {
      parents.set(this, value);
    }),
  };
}

const { getPrototypeOf, setPrototypeOf } = Object;

/** Handles modules that are requested again while they are being loaded. */
export class CircularExports {
  readonly #prototype: object;
  readonly #realm: Realm;

  constructor(realm: Realm) {
    this.#realm = realm;
    const warn = (name: PropertyKey): void => {
      const message = `Accessing non-existent property '${String(name)}' of module exports inside circular dependency`;
      (realm.process as { emitWarning(text: string): void }).emitWarning(message);
    };
    this.#prototype = new Proxy(
      {},
      {
        get(target, name) {
          // Compiled code reads this name to tell ES modules apart.
          if (name in target || name === "__esModule") return Reflect.get(target, name);
          warn(name);
          return undefined;
        },
        getOwnPropertyDescriptor(target, name) {
          if (Object.hasOwn(target, name) || name === "__esModule") {
            return Reflect.getOwnPropertyDescriptor(target, name);
          }
          warn(name);
          return undefined;
        },
      },
    );
  }

  /** ES modules that are being required. */
  readonly #required = new WeakSet<Module>();

  /** Notes that a module turned out to be an ES module. */
  noteRequired(module: Module): void {
    this.#required.add(module);
  }

  /** Returns the exports of a module that is still being loaded. */
  of(module: Module): unknown {
    const { exports, id } = module;
    const parent = parentOf(module);
    if (this.#required.has(module)) {
      const { codes } = this.#realm.require("internal/errors");
      const whose = parent ? ` (from ${parent.filename ?? "null"})` : "";
      throw new codes.ERR_REQUIRE_CYCLE_MODULE(
        `Cannot require() ES Module ${id} in a cycle.${whose}`,
      );
    }
    const isPlain =
      typeof exports === "object" &&
      exports !== null &&
      !types.isProxy(exports) &&
      getPrototypeOf(exports) === Object.prototype &&
      !(exports as { __esModule?: unknown }).__esModule;
    if (isPlain) setPrototypeOf(exports, this.#prototype);
    return exports;
  }

  /** Called once a module has been loaded. */
  release({ exports }: Module): void {
    const isObject = typeof exports === "object" && exports !== null && !types.isProxy(exports);
    if (isObject && getPrototypeOf(exports) === this.#prototype) {
      setPrototypeOf(exports, Object.prototype);
    }
  }
}
