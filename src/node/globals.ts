/**
 * The global object of a simulated process. JavaScript's own built-ins that are the same in every
 * run are shared. Everything that could differ between two runs, or keep state, is the process's
 * own. All are own properties, in Node's order and with Node's attributes, since packages that
 * replace a global read its descriptor first. A value that needs a file of the library is created
 * on first use. Until then its property is an accessor. Where Node's is a value, it becomes one
 * before a program can see its descriptor (`settleGlobal`).
 */
import { cloneReal } from "./real-clone.ts";
import type { Realm } from "./realm-types.ts";
import { defineProperty, setPrototypeOf } from "./views/safe.ts";

type Make = (realm: Realm) => unknown;

/**
 * `structuredClone` of one process: it clones and transfers what Node's library and its bindings have a way of
 * their own for (keys, blobs, ports), which are plain objects to the real one.
 */
function createStructuredClone(realm: Realm): typeof structuredClone {
  // A method is not a constructor, and neither is the real one.
  const { structuredClone: clone } = {
    structuredClone(...args: [value?: unknown, options?: { transfer?: unknown } | null]): unknown {
      const [value, options] = args;
      const listed: unknown = options?.transfer;
      const transfer =
        typeof listed === "object" && listed !== null && Symbol.iterator in listed
          ? [...(listed as Iterable<unknown>)]
          : undefined;
      // The real one throws its own errors for arguments that are not valid.
      if (args.length === 0) Reflect.apply(cloneReal, undefined, []);
      else if (transfer === undefined) Reflect.apply(cloneReal, undefined, [undefined, options]);
      return realm
        .internalBinding("messaging")
        .structuredClone(value, { transfer: transfer ?? [] });
    },
  };
  Object.defineProperty(clone, "length", { value: cloneReal.length, configurable: true });
  return clone as typeof structuredClone;
}

/** Takes a name from a file of the library. */
function from(id: string, name: string): Make {
  return (realm) => realm.require(id)[name];
}

const webStreams: Record<string, string> = {
  ReadableStream: "readablestream",
  ReadableStreamDefaultReader: "readablestream",
  ReadableStreamBYOBReader: "readablestream",
  ReadableStreamBYOBRequest: "readablestream",
  ReadableByteStreamController: "readablestream",
  ReadableStreamDefaultController: "readablestream",
  WritableStream: "writablestream",
  WritableStreamDefaultController: "writablestream",
  WritableStreamDefaultWriter: "writablestream",
  TransformStream: "transformstream",
  TransformStreamDefaultController: "transformstream",
  ByteLengthQueuingStrategy: "queuingstrategies",
  CountQueuingStrategy: "queuingstrategies",
  TextEncoderStream: "encoding",
  TextDecoderStream: "encoding",
  CompressionStream: "compression",
  DecompressionStream: "compression",
};

/** The values of which each process has its own, by global name. */
const makers: Record<string, Make> = {
  process: (realm) => realm.process,
  Date: (realm) => realm.intrinsics.Date,
  Math: (realm) => realm.intrinsics.Math,
  Atomics: (realm) => realm.intrinsics.Atomics,
  WeakRef: (realm) => realm.intrinsics.WeakRef,
  FinalizationRegistry: (realm) => realm.intrinsics.FinalizationRegistry,
  Intl: (realm) => realm.intrinsics.Intl,
  WebAssembly: (realm) => realm.intrinsics.WebAssembly,
  Temporal: (realm) => realm.intrinsics.Temporal,
  setTimeout: from("timers", "setTimeout"),
  setInterval: from("timers", "setInterval"),
  setImmediate: from("timers", "setImmediate"),
  clearTimeout: from("timers", "clearTimeout"),
  clearInterval: from("timers", "clearInterval"),
  clearImmediate: from("timers", "clearImmediate"),
  queueMicrotask: from("internal/process/task_queues", "queueMicrotask"),
  structuredClone: createStructuredClone,
  console: (realm) => realm.require("internal/console/global"),
  Blob: from("internal/blob", "Blob"),
  File: from("internal/file", "File"),
  Event: from("internal/event_target", "Event"),
  EventTarget: from("internal/event_target", "EventTarget"),
  CustomEvent: from("internal/event_target", "CustomEvent"),
  AbortController: from("internal/abort_controller", "AbortController"),
  AbortSignal: from("internal/abort_controller", "AbortSignal"),
  performance: from("perf_hooks", "performance"),
  PerformanceEntry: from("perf_hooks", "PerformanceEntry"),
  PerformanceMark: from("perf_hooks", "PerformanceMark"),
  PerformanceMeasure: from("perf_hooks", "PerformanceMeasure"),
  PerformanceObserver: from("perf_hooks", "PerformanceObserver"),
  crypto: from("internal/crypto/webcrypto", "crypto"),
  Crypto: from("internal/crypto/webcrypto", "Crypto"),
  CryptoKey: from("internal/crypto/webcrypto", "CryptoKey"),
  SubtleCrypto: from("internal/crypto/webcrypto", "SubtleCrypto"),
  fetch: (realm) =>
    // The library behind it, with its dependencies, is loaded on the first call.
    function fetch(input: unknown, init: unknown = undefined): unknown {
      return realm.require("internal/deps/undici/undici").fetch(input, init);
    },
  FormData: from("internal/deps/undici/undici", "FormData"),
  Headers: from("internal/deps/undici/undici", "Headers"),
  Request: from("internal/deps/undici/undici", "Request"),
  Response: from("internal/deps/undici/undici", "Response"),
  // Node 20 has its own class, later versions use undici's.
  MessageEvent: (realm) =>
    realm.require("internal/worker/io").MessageEvent ??
    realm.require("internal/deps/undici/undici").MessageEvent,
  MessageChannel: (realm) => realm.requirePublic("worker_threads").MessageChannel,
  MessagePort: (realm) => realm.requirePublic("worker_threads").MessagePort,
  BroadcastChannel: (realm) => realm.requirePublic("worker_threads").BroadcastChannel,
  navigator: from("internal/navigator", "navigator"),
  Navigator: from("internal/navigator", "Navigator"),
};
// Before it was undici's, it was that of message ports.
if (Number.parseInt(process.versions.node, 10) < 22) {
  makers["MessageEvent"] = from("internal/worker/io", "MessageEvent");
}
for (const [name, file] of Object.entries(webStreams)) {
  makers[name] = from(`internal/webstreams/${file}`, name);
}
for (const name of ["WebSocket", "CloseEvent", "EventSource", "ErrorEvent"]) {
  makers[name] = from("internal/deps/undici/undici", name);
}
for (const name of ["Storage", "localStorage", "sessionStorage"]) {
  makers[name] = from("internal/webstorage", name);
}
for (const name of ["Performance", "PerformanceObserverEntryList", "PerformanceResourceTiming"]) {
  makers[name] = from("perf_hooks", name);
}

// A program sees only what its Node has: 20 has no `navigator`, 22 no `EventSource`, and 24 no
// `Temporal`.
for (const name of Object.keys(makers)) {
  if (!(name in globalThis)) delete makers[name];
}

/** The same object in every process: no state, no clock, no randomness. */
export const sharedNames: readonly string[] = [
  ...["Array", "ArrayBuffer", "BigInt", "BigInt64Array", "BigUint64Array", "Boolean"],
  ...["DataView", "Error", "EvalError", "Float32Array", "Float64Array", "Function", "Int8Array"],
  ...[
    "Int16Array",
    "Int32Array",
    "Iterator",
    "JSON",
    "Map",
    "Number",
    "Object",
    "Promise",
    "Proxy",
  ],
  ...["RangeError", "ReferenceError", "Reflect", "RegExp", "Set", "SharedArrayBuffer", "String"],
  ...["Symbol", "SyntaxError", "TypeError", "URIError", "Uint8Array", "Uint8ClampedArray"],
  ...["Uint16Array", "Uint32Array", "WeakMap", "WeakSet", "AggregateError", "Float16Array"],
  ...[
    "AsyncDisposableStack",
    "DisposableStack",
    "SuppressedError",
    "decodeURI",
    "decodeURIComponent",
  ],
  ...["encodeURI", "encodeURIComponent", "escape", "unescape", "eval", "isFinite", "isNaN"],
  ...["parseFloat", "parseInt", "Infinity", "NaN", "undefined", "Buffer", "URL", "URLSearchParams"],
  ...["TextEncoder", "TextDecoder", "DOMException", "atob", "btoa", "gc", "QuotaExceededError"],
  ...["URLPattern"],
].filter((name) => name in globalThis);

/** The names that a program must read from its own global object, never from the real one. */
export const hostNames: readonly string[] = Object.keys(makers);

/**
 * Created before any program starts: their files are loaded by then, or their cost is negligible.
 */
const eager: readonly string[] = [
  ...["Date", "Math", "WeakRef", "FinalizationRegistry", "structuredClone", "queueMicrotask"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval"],
  ...["clearImmediate", "fetch"],
];

type Attributes = Pick<PropertyDescriptor, "configurable" | "enumerable" | "writable">;

/** How a global name is defined. */
interface Entry {
  readonly name: string;
  readonly attributes: Attributes;
  /** The descriptor shared by every process. */
  readonly shared?: PropertyDescriptor;
  /** Creates the value for each process, permanently behind an accessor. */
  readonly make?: Make;
  /** True for the names of the global object itself. */
  readonly isItself?: boolean;
  /** True if the accessor can be assigned. */
  readonly replaceable?: boolean;
}

/**
 * Returns the global object of the running process. An accessor may be called without its object.
 */
let running: () => object | undefined = () => undefined;

/** Sets the function that returns the running process's global object. */
export function setRunningGlobal(find: () => object | undefined): void {
  running = find;
}

const realms = new WeakMap<object, Realm>();

/** Returns the realm of the running process, if any. */
export function runningRealm(): Realm | undefined {
  const global = running();
  return global === undefined ? undefined : realms.get(global);
}

function definingGlobal(receiver: unknown): object {
  const isGlobal = typeof receiver === "object" && receiver !== null && realms.has(receiver);
  return isGlobal ? receiver : (running() ?? globalThis);
}

/** Returns an accessor that becomes a value on first use. */
function lazily(name: string, make: Make, attributes: Attributes): PropertyDescriptor {
  const become = (global: object, value: unknown): void => {
    defineProperty(global, name, { ...attributes, writable: true, value });
  };
  return {
    configurable: true,
    enumerable: attributes.enumerable === true,
    get(this: unknown) {
      const global = definingGlobal(this);
      const value = make(realms.get(global) as Realm);
      become(global, value);
      return value;
    },
    set(this: unknown, value: unknown) {
      become(definingGlobal(this), value);
    },
  };
}

/** Permanent accessors in Node. Other accessors become values on first use. */
const accessors: ReadonlySet<string> = new Set([
  ...["process", "Buffer", "crypto", "navigator", "performance", "localStorage", "sessionStorage"],
]);

/** Names that are values in Node, and accessors here until they are used. */
const lazyValues = new Set<PropertyKey>();

/** Names of the global object itself. */
const itselfNames: ReadonlySet<string> = new Set(["globalThis", "global"]);

function entryOf(name: string, descriptor: PropertyDescriptor): Entry {
  const { configurable, enumerable, writable } = descriptor;
  const attributes = { configurable: configurable === true, enumerable: enumerable === true };
  const isValue = "value" in descriptor;
  if (isValue) Object.assign(attributes, { writable });
  if (itselfNames.has(name)) return { name, attributes, isItself: true };
  const make = makers[name];
  if (!isValue && accessors.has(name)) {
    const replaceable = descriptor.set !== undefined;
    return { name, attributes, make: make ?? (() => (globalThis as never)[name]), replaceable };
  }
  if (make === undefined) {
    const value = (globalThis as Record<string, unknown>)[name];
    if (isValue) return { name, attributes, shared: { ...attributes, value } };
    return { name, attributes, shared: lazily(name, () => value, attributes) };
  }
  if (isValue) lazyValues.add(name);
  return { name, attributes, shared: lazily(name, make, attributes) };
}

/**
 * Creates the value of a property of a global object that Node has from the start, so that its
 * descriptor is Node's.
 */
export function settleGlobal(object: unknown, key: PropertyKey): void {
  if (lazyValues.has(key) && realms.has(object as object)) Reflect.get(object as object, key);
}

/** All names, in Node's order. */
const entries: readonly Entry[] = (() => {
  const known = new Set([...sharedNames, ...hostNames, ...itselfNames]);
  return Object.getOwnPropertyNames(globalThis).flatMap((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    return known.has(name) && descriptor ? [entryOf(name, descriptor)] : [];
  });
})();

/** The prototype of all global objects, as in Node: an object whose constructor is `Object`. */
export const globalPrototype: object = Object.create(Object.prototype, {
  constructor: { value: Object, writable: true, configurable: true },
}) as object;

function defineFor(global: object, realm: Realm, entry: Entry): void {
  const { name, attributes, make, replaceable } = entry;
  const create = make as Make;
  let value: unknown;
  let known = false;
  const get = (): unknown => {
    if (!known) {
      value = create(realm);
      known = true;
    }
    return value;
  };
  const set = (next: unknown): void => {
    value = next;
    known = true;
  };
  const accessor = replaceable ? { get, set } : { get };
  defineProperty(global, name, { ...attributes, ...accessor });
}

/** Creates the global object of one process. */
export function createGlobal(realm: Realm): object {
  // Adding so many properties is fastest without a prototype. The prototype is set at the end.
  const global = Object.create(null) as object;
  realms.set(global, realm);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Entry;
    if (entry.isItself) {
      defineProperty(global, entry.name, { ...entry.attributes, value: global });
    } else if (entry.shared) defineProperty(global, entry.name, entry.shared);
    else defineFor(global, realm, entry);
  }
  defineProperty(global, Symbol.toStringTag, { value: "global", configurable: true });
  setPrototypeOf(global, globalPrototype);
  return global;
}

/**
 * Creates what exists before a program starts. The object itself is needed earlier, by the library
 * files that define these names.
 */
export function completeGlobal(global: object): void {
  for (let i = 0; i < eager.length; i++) Reflect.get(global, eager[i] as string);
}
