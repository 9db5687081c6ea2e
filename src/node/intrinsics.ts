/**
 * JavaScript's own built-ins that differ between two runs, made deterministic for one process:
 * `Date` reads the host's wall clock, `Math.random` draws from the process's stream, and garbage
 * collection is never observable.
 */
import { LightconeError } from "../base/errors.ts";
import type { Prng } from "../base/prng.ts";
import type { Process } from "../sim/process.ts";
import type { HostIntrinsics } from "./lib/primordials.ts";
import { createTemporal } from "./temporal.ts";
import { defineProperty } from "./views/safe.ts";
import { createWaiting } from "./wait-async.ts";

// During a run, these names return the running process's own.
const RealDate = Date;
const RealAtomics = Atomics;
const RealIntl = Intl;
const RealWebAssembly: unknown = (globalThis as { WebAssembly?: unknown }).WebAssembly;
const realFloor = Math.floor;

/**
 * Creates a `Date` that reads `process`'s wall clock. It is a separate class, so patching it does
 * not affect other processes.
 */
function createDate(process: Process): DateConstructor {
  const now = (): number => realFloor(process.readWallMs());
  function HostDate(this: unknown, ...args: unknown[]): unknown {
    if (!new.target) return new RealDate(now()).toString();
    if (args.length === 0) return Reflect.construct(RealDate, [now()], new.target);
    return Reflect.construct(RealDate, args, new.target);
  }
  defineProperty(HostDate, "name", { value: "Date" });
  defineProperty(HostDate, "length", { value: 7 });
  // The prototype is the real one, so that dates created by Node's own code are instances of this
  // class.
  HostDate.prototype = RealDate.prototype;
  for (const [name, value] of Object.entries({ now, parse: RealDate.parse, UTC: RealDate.UTC })) {
    define(HostDate, name, value);
  }
  return HostDate as unknown as DateConstructor;
}

/** Read once: the real ones are put back before each run. */
const mathProperties = Object.getOwnPropertyDescriptors(Math);

/** Creates a `Math` whose `random` draws from `prng`. */
function createMath(prng: Prng): Math {
  const math = Object.create(Object.prototype, mathProperties) as Math;
  define(math, "random", () => prng.float());
  return math;
}

/**
 * Creates `Atomics` whose `wait` takes virtual time. Threads take turns, so no other thread can
 * wake one that waits within its turn. A wait without a limit could therefore never end.
 */
function createAtomics(process: Process): typeof Atomics {
  const wait = (...args: Parameters<typeof Atomics.wait>): "ok" | "not-equal" | "timed-out" => {
    const [array, index, value, timeoutMs = Infinity] = args;
    // The real function checks its arguments and compares, but does not wait.
    const outcome = RealAtomics.wait(array, index, value, 0);
    if (outcome !== "timed-out") return outcome;
    if (timeoutMs === Infinity || Number.isNaN(timeoutMs)) {
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        "Atomics.wait without a timeout is not simulated",
        "Threads take turns in a world: one that blocks would never be woken. Use messages.",
      );
    }
    process.spend(Math.max(0, timeoutMs) * 1_000_000);
    return outcome;
  };
  const atomics = Object.create(
    Object.prototype,
    Object.getOwnPropertyDescriptors(RealAtomics),
  ) as object;
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(atomics, name, { value, writable: true, configurable: true });
  };
  define("wait", wait);
  const { notify, waitAsync } = createWaiting(process, RealAtomics);
  define("notify", notify);
  if ("waitAsync" in RealAtomics) define("waitAsync", waitAsync);
  return atomics as typeof Atomics;
}

/** A `WeakRef` that holds its target strongly: when the collector runs differs between runs. */
class HostWeakRef<T extends object> {
  readonly #target: T;

  constructor(target: T) {
    if ((typeof target !== "object" || target === null) && typeof target !== "function") {
      throw new TypeError("WeakRef: target must be an object");
    }
    this.#target = target;
  }

  deref(): T {
    return this.#target;
  }
}
nameClass(HostWeakRef, "WeakRef");

/** Names a class as V8 names its own classes. */
function nameClass(made: { readonly prototype: object }, name: string): void {
  Object.defineProperty(made, "name", { value: name, configurable: true });
  const tag = { value: name, configurable: true };
  Object.defineProperty(made.prototype, Symbol.toStringTag, tag);
}

/** A `FinalizationRegistry` that never calls back. */
class HostFinalizationRegistry {
  constructor(callback: unknown) {
    if (typeof callback !== "function") {
      throw new TypeError("FinalizationRegistry: cleanup must be callable");
    }
  }

  register(): void {}

  unregister(): boolean {
    return false;
  }
}
nameClass(HostFinalizationRegistry, "FinalizationRegistry");

/** Creates `Intl`, whose formatters use the host's clock when no date is given. */
function createIntl(date: DateConstructor): typeof Intl {
  const intl = Object.create(
    Object.prototype,
    Object.getOwnPropertyDescriptors(RealIntl),
  ) as typeof Intl;
  define(intl, "DateTimeFormat", createDateTimeFormat(date));
  return intl;
}

function define(target: object, name: string, value: unknown): void {
  defineProperty(target, name, { value, writable: true, configurable: true });
}

/**
 * Creates the class of formatters of one process. Its methods are the real ones, except those that
 * use the current time.
 */
function createDateTimeFormat(date: DateConstructor): object {
  const Real = RealIntl.DateTimeFormat;
  const real = Real.prototype;
  const formatOf = Object.getOwnPropertyDescriptor(real, "format")?.get as () => (
    value: unknown,
  ) => string;
  const partsOf = real.formatToParts as (value: unknown) => Intl.DateTimeFormatPart[];
  function DateTimeFormat(this: unknown, ...args: []): object {
    return Reflect.construct(Real, args, new.target ?? DateTimeFormat) as object;
  }
  Object.defineProperty(DateTimeFormat, "length", { value: 0, configurable: true });
  Object.defineProperty(DateTimeFormat, "prototype", { writable: false });
  define(DateTimeFormat, "supportedLocalesOf", Real.supportedLocalesOf);
  const prototype = DateTimeFormat.prototype as object;
  Object.defineProperties(prototype, {
    ...Object.getOwnPropertyDescriptors(real),
    constructor: { value: DateTimeFormat, writable: true, configurable: true },
  });
  const bound = new WeakMap<object, unknown>();
  const methods = {
    get format() {
      // The real getter returns the same function each time, and so does this one.
      const format = formatOf.call(this);
      if (!bound.has(this)) bound.set(this, (value: unknown) => format(value ?? date.now()));
      return bound.get(this);
    },
    formatToParts(value: unknown) {
      return partsOf.call(this, value ?? date.now());
    },
  };
  const get = Object.getOwnPropertyDescriptor(methods, "format")?.get as () => unknown;
  Object.defineProperty(prototype, "format", { get, configurable: true });
  define(prototype, "formatToParts", methods.formatToParts);
  return DateTimeFormat;
}

/** The number of modules that are kept, over all processes. */
const KEPT_MODULES = 8;
const keptModules: object[] = [];

/**
 * Creates `WebAssembly.Module` with the last few modules kept: V8 compiles the same bytes only once
 * while a module of them exists, and each start of a program creates its own.
 */
function keepingCode(real: new (bytes: unknown) => object): new (bytes: unknown) => object {
  return new Proxy(real, {
    construct(target, args, newTarget) {
      const module = Reflect.construct(target, args, newTarget) as object;
      if (keptModules.length === KEPT_MODULES) keptModules.shift();
      keptModules.push(module);
      return module;
    },
  });
}

/**
 * Creates `WebAssembly` whose asynchronous calls do their work at once. V8 would compile on threads
 * of its own and finish at a nondeterministic time.
 */
function createWebAssembly(): object {
  const real = RealWebAssembly as Record<string, new (...args: never[]) => object>;
  const Module = keepingCode(real["Module"] as new (bytes: unknown) => object);
  const method = { writable: true, enumerable: true, configurable: true };
  const Instance = real["Instance"] as new (module: object, imports: unknown) => object;
  return Object.create(Object.prototype, {
    ...Object.getOwnPropertyDescriptors(real),
    Module: { value: Module, writable: true, configurable: true },
    compile: { ...method, value: async (bytes: unknown) => new Module(bytes) },
    instantiate: {
      ...method,
      value: async (source: unknown, imports: unknown) => {
        if (source instanceof Module) return new Instance(source, imports);
        const module = new Module(source);
        return { module, instance: new Instance(module, imports) };
      },
    },
  }) as object;
}

/** Returns the built-ins of one process. */
export function createIntrinsics(process: Process, prng: Prng): HostIntrinsics {
  const date = createDate(process);
  let math: Math | undefined;
  let atomics: typeof Atomics | undefined;
  let intl: typeof Intl | undefined;
  let webAssembly: object | undefined;
  let temporal: object | undefined;
  return {
    Date: date,
    // Created on first use: most programs use few of these.
    get Math() {
      return (math ??= createMath(prng));
    },
    get Atomics() {
      return (atomics ??= createAtomics(process));
    },
    get Intl() {
      return (intl ??= createIntl(date));
    },
    get WebAssembly() {
      return (webAssembly ??= createWebAssembly());
    },
    get Temporal() {
      return (temporal ??= createTemporal(process));
    },
    WeakRef: HostWeakRef as unknown as WeakRefConstructor,
    FinalizationRegistry: HostFinalizationRegistry as unknown as FinalizationRegistryConstructor,
  };
}
