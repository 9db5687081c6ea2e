/**
 * The global object of a simulated process. JavaScript's own built-ins that are the same in every run are
 * shared; everything that could tell two runs apart, or keep state, is the process's own, made when it is
 * first used.
 */
import type { Realm } from "./realm-types.ts";

type Make = (realm: Realm) => unknown;

/** A name taken from a file of the library. */
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

/** What a process has of its own, by global name. */
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
  structuredClone: () => structuredClone,
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
    // The library behind it, and what that needs, is loaded when it is called.
    function fetch(input: unknown, init: unknown = undefined) {
      return realm.require("internal/deps/undici/undici").fetch(input, init);
    },
  FormData: from("internal/deps/undici/undici", "FormData"),
  Headers: from("internal/deps/undici/undici", "Headers"),
  Request: from("internal/deps/undici/undici", "Request"),
  Response: from("internal/deps/undici/undici", "Response"),
  MessageEvent: from("internal/deps/undici/undici", "MessageEvent"),
  MessageChannel: (realm) => realm.requirePublic("worker_threads").MessageChannel,
  MessagePort: (realm) => realm.requirePublic("worker_threads").MessagePort,
  BroadcastChannel: (realm) => realm.requirePublic("worker_threads").BroadcastChannel,
  navigator: () => ({
    hardwareConcurrency: 1,
    language: "en-US",
    languages: ["en-US"],
    platform: "linux",
    userAgent: `Node.js/${process.versions.node.split(".")[0]}`,
  }),
  require: (realm) => realm.requirePublic,
};
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

// A program sees what its Node has: 20 has no `navigator`, 22 no `EventSource`, and 24 no `Temporal`.
for (const name of Object.keys(makers)) {
  if (name !== "require" && !(name in globalThis)) delete makers[name];
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
  ...["URLPattern", "Navigator"],
].filter((name) => name in globalThis);

/** The names that a program must take from its own global object, never from the real one. */
export const hostNames: readonly string[] = Object.keys(makers).filter(
  (name) => name !== "require",
);

const realmKey = Symbol("realm");

/** What all global objects inherit: the shared names, and the getters of the others. */
export const globalPrototype: object = Object.create(Object.prototype) as object;
for (const name of sharedNames) {
  Object.defineProperty(globalPrototype, name, {
    value: (globalThis as Record<string, unknown>)[name],
    writable: true,
    configurable: true,
  });
}
for (const name of hostNames) {
  const make = makers[name] as Make;
  Object.defineProperty(globalPrototype, name, {
    configurable: true,
    enumerable: isEnumerable(name),
    get(this: { [realmKey]: Realm }) {
      const value = make(this[realmKey]);
      define(this, name, value);
      return value;
    },
    set(this: object, value: unknown) {
      define(this, name, value);
    },
  });
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: isEnumerable(name),
  });
}

/** As in the real global object: a `for in` over it shows the same names. */
function isEnumerable(name: string): boolean {
  return Object.getOwnPropertyDescriptor(globalThis, name)?.enumerable ?? true;
}

/** The global object of one process. */
export function createGlobal(realm: Realm): object {
  const global = Object.create(globalPrototype) as Record<string | symbol, unknown>;
  Object.defineProperty(global, realmKey, { value: realm });
  Object.defineProperty(global, Symbol.toStringTag, { value: "global", configurable: true });
  for (const name of ["globalThis", "global"]) define(global, name, global);
  return global;
}
