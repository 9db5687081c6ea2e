/**
 * What Node's CommonJS loader keeps on a module besides its documented properties, and the warning
 * for names that a module of a cycle does not have yet. Programs see both when they print a module.
 */
import { types } from "node:util";
import type { Realm } from "../realm-types.ts";
import type { FileRecord } from "./file-record.ts";
import type { Module } from "./module-types.ts";

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

/** Returns what it is given, so that the fields of a class that extends it are added to that. */
class Given {
  constructor(object: object) {
    // oxlint-disable-next-line no-constructor-return
    return object;
  }
}

/** Stands for the exports of a module that has not been loaded. */
const NONE = Symbol("none");

/**
 * What the loader knows of a module: its parent, its file, and its exports when it had been loaded. Programs
 * cannot see private fields, and an entry of a WeakMap costs several times as much to add and collect.
 */
class Known extends Given {
  #parent: Module | null | undefined;
  #exports: unknown = NONE;
  #file: FileRecord | undefined;

  static parentOf(module: unknown): Module | null | undefined {
    return isObject(module) && #parent in module ? module.#parent : undefined;
  }

  static setParent(module: unknown, parent: Module | null | undefined): void {
    if (!isObject(module)) throw new TypeError("Invalid value used as weak map key");
    const known = #parent in module ? module : new Known(module);
    known.#parent = parent;
  }

  static fileOf(module: object): FileRecord | undefined {
    return #file in module ? module.#file : undefined;
  }

  static setFile(module: object, file: FileRecord | undefined): void {
    const known = #file in module ? module : new Known(module);
    known.#file = file;
  }

  static exportsOf(module: object): unknown {
    return #parent in module ? module.#exports : NONE;
  }

  static setExports(module: object, exports: unknown): void {
    const known = #parent in module ? module : new Known(module);
    known.#exports = exports;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Returns the module that required a module first. */
export function parentOf(module: object): Module | null | undefined {
  return Known.parentOf(module);
}

/** Notes which module required a module first. */
export function setParent(module: object, parent: Module | null | undefined): void {
  Known.setParent(module, parent);
}

/** Returns the real file that a module was made for, if it was made for one. */
export function fileOf(module: object): FileRecord | undefined {
  return Known.fileOf(module);
}

/** Notes which real file a module is made for. */
export function setFile(module: object, file: FileRecord | undefined): void {
  Known.setFile(module, file);
}

/** Notes that a module has been loaded, with the exports that it has then. */
export function noteLoaded(module: Module): void {
  Known.setExports(module, module.exports);
}

/** Returns the exports that a module had when it had been loaded; until then, `otherwise`. */
export function loadedExports(module: Module, otherwise: () => unknown): unknown {
  const exports = Known.exportsOf(module);
  return exports === NONE ? otherwise() : exports;
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
      return parentOf(this);
    }),
    set: deprecated(function (this: object, value: Module | null | undefined) {
      setParent(this, value);
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
