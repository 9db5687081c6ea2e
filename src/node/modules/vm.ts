/**
 * `node:vm` of a simulated process. Code that runs in the current context is evaluated code, which
 * finds its process by itself (`evaluated.ts`). A fresh context gets the clock and the randomness
 * of the process that creates it. Time limits of scripts would depend on the real clock, and are
 * omitted.
 */
import { types } from "node:util";
import * as real from "node:vm";
import type { Realm } from "../realm-types.ts";
import { standIn } from "../stand-in.ts";

const realModule = (real as unknown as { default: Record<string, unknown> }).default;

/** Built-ins of a process that could differ between two runs, or wait for the real machine. */
const ownNames = ["Atomics", "WeakRef", "FinalizationRegistry", "Intl", "WebAssembly", "Temporal"];

/**
 * Runs in a fresh context and replaces the clock and the randomness of its own `Date` and `Math`.
 */
const adopt = new real.Script(
  `((now, random, own, prepare) => {
    "use strict";
    const RealDate = Date;
    function HostDate(...args) {
      if (!new.target) return new RealDate(now()).toString();
      return Reflect.construct(RealDate, args.length === 0 ? [now()] : args, new.target);
    }
    const define = (target, name, value) =>
      Object.defineProperty(target, name, { value, writable: true, configurable: true });
    Object.defineProperty(HostDate, "name", { value: "Date" });
    Object.defineProperty(HostDate, "length", { value: 7 });
    HostDate.prototype = RealDate.prototype;
    define(RealDate.prototype, "constructor", HostDate);
    for (const [name, value] of Object.entries({ now, parse: RealDate.parse, UTC: RealDate.UTC })) {
      define(HostDate, name, value);
    }
    // From Node 26 on, a definition is made on the object behind the context alone, an assignment on both.
    const give = (name, value) => {
      if (!Reflect.set(globalThis, name, value)) define(globalThis, name, value);
    };
    give("Date", HostDate);
    define(Math, "random", random);
    for (const name in own) if (name in globalThis) give(name, own[name]);
    define(Error, "prepareStackTrace", prepare);
  })`,
  { filename: "node:vm" },
);

/** What `adopt` reads or defines in a context. */
const settled = ["Date", "Math", "Error", "Object", "Reflect", "globalThis", ...ownNames];

/**
 * Calls `settle` while `contextObject` has none of the names that settling uses. A definition in a context is
 * made on `contextObject` and on the context's own global object. Only the latter keeps it: `contextObject` is
 * restored.
 */
function withPlainNames(contextObject: object, settle: () => void): void {
  if (types.isProxy(contextObject) || !Object.isExtensible(contextObject)) return settle();
  const hide = (): [string, PropertyDescriptor][] =>
    settled.flatMap((name): [string, PropertyDescriptor][] => {
      const own = Object.getOwnPropertyDescriptor(contextObject, name);
      return own?.configurable === true && Reflect.deleteProperty(contextObject, name)
        ? [[name, own]]
        : [];
    });
  const prototype = Object.getPrototypeOf(contextObject) as object | null;
  const hidden = hide();
  Object.setPrototypeOf(contextObject, null);
  try {
    settle();
  } finally {
    hide();
    Object.setPrototypeOf(contextObject, prototype);
    for (const [name, descriptor] of hidden) Object.defineProperty(contextObject, name, descriptor);
  }
}

/** Removes options that depend on the real clock or on Ctrl-C. */
function timeless(options: unknown): unknown {
  if (typeof options !== "object" || options === null) return options;
  const { timeout: _timeout, breakOnSigint: _break, ...rest } = options as Record<string, unknown>;
  return rest;
}

/** Returns the options of `runInNewContext` that concern the context it creates. */
function contextOptions(options: unknown): real.CreateContextOptions {
  if (typeof options !== "object" || options === null) return {};
  const { contextName, contextOrigin, contextCodeGeneration, microtaskMode } =
    options as real.RunningScriptInNewContextOptions & { microtaskMode?: "afterEvaluate" };
  const given = {
    name: contextName,
    origin: contextOrigin,
    codeGeneration: contextCodeGeneration,
    microtaskMode,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as real.CreateContextOptions;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** Creates the module of one process. */
export function createVmModule(realm: Realm): object {
  const { intrinsics } = realm;

  function createContext(contextObject: unknown = {}, options: unknown = undefined): real.Context {
    const isObject = typeof contextObject === "object" && contextObject !== null;
    if (isObject && real.isContext(contextObject)) return contextObject;
    const args = options === undefined ? [contextObject] : [contextObject, options];
    const context = (real.createContext as AnyFunction)(...args) as real.Context;
    const own = Object.fromEntries(
      ownNames.map((name) => [name, (intrinsics as never)[name] as unknown]),
    );
    // During a run, this function formats stacks in the way that all programs see them.
    const { prepareStackTrace } = Error;
    const settle = (): void => {
      const settleIn = adopt.runInContext(context) as AnyFunction;
      settleIn(intrinsics.Date.now, () => intrinsics.Math.random(), own, prepareStackTrace);
    };
    // With `DONT_CONTEXTIFY`, the context is a global object itself, with no other beside it.
    if (context === contextObject) withPlainNames(context, settle);
    else settle();
    return context;
  }

  class Script extends real.Script {
    override runInThisContext(options?: real.RunningScriptOptions): unknown {
      return super.runInThisContext(timeless(options) as real.RunningScriptOptions);
    }

    override runInContext(context: real.Context, options?: real.RunningScriptOptions): unknown {
      return super.runInContext(context, timeless(options) as real.RunningScriptOptions);
    }

    override runInNewContext(
      contextObject?: real.Context,
      options?: real.RunningScriptInNewContextOptions,
    ): unknown {
      return this.runInContext(createContext(contextObject, contextOptions(options)), options);
    }
  }
  for (const name of Object.getOwnPropertyNames(real.Script.prototype)) {
    const attributes = Object.getOwnPropertyDescriptor(real.Script.prototype, name);
    const { value, ...rest } = attributes as PropertyDescriptor;
    const own = Object.getOwnPropertyDescriptor(Script.prototype, name)?.value as unknown;
    Object.defineProperty(Script.prototype, name, { ...rest, value: own ?? value });
  }
  const script = (code: unknown, options: unknown): Script => {
    const given = typeof options === "string" ? { filename: options } : timeless(options);
    return new Script(code as string, given as real.ScriptOptions);
  };
  return Object.assign(standIn(realModule, "node:vm"), {
    Script,
    createContext,
    createScript: (code: string, options?: unknown) => script(code, options),
    runInThisContext: (code: string, options?: unknown) =>
      (real.runInThisContext as AnyFunction)(code, timeless(options)),
    runInContext: (code: string, context: real.Context, options?: unknown) =>
      (real.runInContext as AnyFunction)(code, context, timeless(options)),
    runInNewContext(code: string, contextObject?: real.Context, options?: unknown) {
      const given = typeof options === "string" ? { filename: options } : options;
      const context = createContext(contextObject, contextOptions(given));
      return (real.runInContext as AnyFunction)(code, context, timeless(given));
    },
    isContext: real.isContext,
    compileFunction: real.compileFunction,
  });
}
