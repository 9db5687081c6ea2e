/**
 * The small bindings that nearly every file of Node's library uses: constants, symbols, types, and
 * a few native helpers. What the real Node still exposes is taken from it.
 */
import { config } from "node:process";
import * as util from "node:util";
import { exited } from "../exited.ts";
import { realBinding } from "../lib/natives.ts";
import { isNamespace } from "../program/modules/namespace.ts";
import { callSites, sourcePositions } from "../program/call-sites.ts";
import { handleTypeOf } from "./descriptors.ts";
import { performanceBinding } from "./performance.ts";
import { reportBinding } from "./report.ts";
import type { Realm } from "../realm-types.ts";
import { defineProperty, uncurry } from "../views/safe.ts";

/** Returns an object that creates a symbol for each name on first access and remembers it. */
function symbolBag(): Record<string, symbol> {
  return new Proxy(Object.create(null) as Record<string, symbol>, {
    get: (bag, name: string) => (bag[name] ??= Symbol(name)),
  });
}

/** The symbols that Node's C++ and JavaScript share, by name. */
export const perIsolateSymbols: Record<string, symbol> = symbolBag();
/** The private symbols under which Node's C++ stores values on objects. */
export const privateSymbols: Record<string, symbol> = symbolBag();

/** The stack frames below the caller of `node:util`, as V8 describes them. */
function callSitesBelow(count: number): object[] {
  return callSites(count + 1)
    .slice(1)
    .map(({ functionName, file, line, column }) =>
      Object.assign(Object.create(null) as object, {
        functionName,
        scriptId: "0",
        scriptName: file,
        lineNumber: line,
        columnNumber: column,
        column,
      }),
    );
}

/** Bits of the filter of `getOwnNonIndexProperties`, as in V8. */
const ONLY_ENUMERABLE = 2;
const SKIP_SYMBOLS = 16;

function getOwnNonIndexProperties(value: object, filter: number): PropertyKey[] {
  const isEnumerable = (key: PropertyKey): boolean =>
    Object.prototype.propertyIsEnumerable.call(value, key);
  return Reflect.ownKeys(value).filter((key) => {
    if ((filter & ONLY_ENUMERABLE) !== 0 && !isEnumerable(key)) return false;
    if (typeof key === "symbol") return (filter & SKIP_SYMBOLS) === 0;
    // The last index of an array is two less than 2 ** 32.
    return !(/^(0|[1-9][0-9]{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1);
  });
}

class WeakReference {
  readonly #target: object;

  constructor(target: object) {
    this.#target = target;
  }

  get(): object {
    return this.#target;
  }

  incRef(): void {}

  decRef(): void {}
}

function defineLazyProperties(realm: Realm) {
  return (target: object, id: string, keys: readonly string[], enumerable = true): void => {
    for (const key of keys) {
      Object.defineProperty(target, key, {
        configurable: true,
        enumerable,
        get() {
          const value: unknown = realm.require(id)[key];
          become(target, key, value, enumerable);
          return value;
        },
        set(value: unknown) {
          become(target, key, value, enumerable);
        },
      });
    }
  };
}

function become(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

/** `Promise.prototype.then`, whatever a program does to it. */
const then = uncurry(Promise.prototype.then) as (
  promise: Promise<unknown>,
  onValue: undefined,
  onReason: () => void,
) => unknown;

function getSharedArrayBufferGrowable(this: SharedArrayBuffer & { growable?: boolean }): boolean {
  return this.growable === true;
}

/** What is the same for all processes: it is copied at once, which is faster than to put it together for each. */
const utilShared = {
  ...util.types,
  constants: {
    kPending: 0,
    kFulfilled: 1,
    kRejected: 2,
    kExiting: 0,
    kExitCode: 1,
    kHasExitCode: 2,
    ALL_PROPERTIES: 0,
    ONLY_WRITABLE: 1,
    ONLY_ENUMERABLE: 2,
    ONLY_CONFIGURABLE: 4,
    SKIP_STRINGS: 8,
    SKIP_SYMBOLS: 16,
    kDisallowCloneAndTransfer: 0,
    kTransferable: 1,
    kCloneable: 2,
  },
  privateSymbols,
  WeakReference,
  getOwnNonIndexProperties,
  getPromiseDetails: (promise: Promise<unknown>) =>
    util.inspect(promise).includes("<pending>") ? [0] : [1, undefined],
  getProxyDetails: () => undefined,
  getCallerLocation: () => undefined,
  getCallSite: callSitesBelow,
  getCallSites: callSitesBelow,
  getConstructorName: (value: object) => value.constructor.name,
  getExternalValue: () => 0n,
  getSystemErrorName: (code: number) => util.getSystemErrorName(code),
  isInsideNodeModules: () => false,
  isConstructor: (value: unknown) => typeof value === "function" && "prototype" in value,
  isArrayBufferDetached: (buffer: ArrayBuffer & { detached?: boolean }) => buffer.detached === true,
  previewEntries: (value: Iterable<unknown>) => [[...value], false],
  toUSVString: (text: string) => util.toUSVString(text),
  constructSharedArrayBuffer: (size: number) => new SharedArrayBuffer(size),
  parseEnv: (text: string) => util.parseEnv(text),
  arrayBufferViewHasBuffer: () => true,
  markPromiseAsHandled: (promise: Promise<unknown>) => void then(promise, undefined, () => {}),
  getSharedArrayBufferGrowable,
  // These are each process's own.
  shouldAbortOnUncaughtToggle: undefined as Uint32Array | undefined,
  defineLazyProperties: undefined as ReturnType<typeof defineLazyProperties> | undefined,
  guessHandleType: undefined as ((fd: number) => unknown) | undefined,
  sleep: undefined as ((ms: number) => void) | undefined,
};

function utilBinding(realm: Realm): object {
  const { process } = realm.context;
  const binding = { ...utilShared };
  binding.shouldAbortOnUncaughtToggle = new Uint32Array(1);
  binding.defineLazyProperties = defineLazyProperties(realm);
  binding.guessHandleType = (fd) => handleTypeOf(process, fd);
  binding.sleep = (ms) => process.spend(ms * 1_000_000);
  return binding;
}

/** Returns V8's description of a value, which does not call any of the program's code. */
function withoutSideEffects(value: unknown): string {
  if (typeof value === "function") return Function.prototype.toString.call(value);
  if (typeof value !== "object" || value === null) return String(value);
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = typeof constructor === "function" ? constructor.name : undefined;
  return `#<${typeof name === "string" && name !== "" ? name : "Object"}>`;
}

const realBindings = new Map<string, object>();

/** Returns one of Node's bindings, which is asked for once: every process starts with it. */
function realOnce(name: string): object {
  let real = realBindings.get(name);
  if (real === undefined) realBindings.set(name, (real = realBinding(name) as object));
  return real;
}

function uvBinding(): object {
  const real = realOnce("uv");
  const map = util.getSystemErrorMap();
  return {
    ...real,
    // The library stores its map here once it has created it.
    errmap: undefined,
    UV_EOF: -4095,

    errname: (code: number) => util.getSystemErrorName(code),
    getErrorMap: () => map,
    getErrorMessage: (code: number) => map.get(code)?.[1] ?? `Unknown system error ${code}`,
  };
}

/**
 * The operating system's data is the host's own: a small Linux server, the same in every run and on
 * every machine.
 */
function osBinding(realm: Realm): object {
  const { host } = realm.context.process;
  const id = host.id.toString(16);
  const gigabyte = 1024 ** 3;
  const cpu = ["Simulated CPU @ 2.00GHz", 2000, 0, 0, 0, 0, 0];
  return {
    getAvailableParallelism: () => 1,
    getCPUs: () => cpu,
    getFreeMem: () => 3 * gigabyte,
    getTotalMem: () => 4 * gigabyte,
    getHomeDirectory: () => "/root",
    getHostname: () => host.name,
    // Seven fields per address, as Node's C++ returns them.
    getInterfaceAddresses: () => [
      ...["lo", "127.0.0.1", "255.0.0.0", "IPv4", NO_MAC, true, -1],
      ...["lo", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "IPv6", NO_MAC, true, 0],
      ...["eth0", host.address, "255.255.0.0", "IPv4", macOf(host.id), false, -1],
      ...["eth0", `fd00::${id}`, "ffff:ffff:ffff:ffff::", "IPv6", macOf(host.id), false, 0],
      ...["eth0", `fe80::ff:fe00:${id}`, "ffff:ffff:ffff:ffff::", "IPv6", macOf(host.id), false, 2],
    ],
    getLoadAvg: (values: Float64Array) => values.fill(0),
    getPriority: () => 0,
    setPriority: () => 0,
    getOSInformation: () => ["Linux", "#1 SMP Lightcone", "6.1.0", "x86_64"],
    getUptime: () => host.clock.monotonicNs() / 1e9,
    getUserInfo: () => ({ uid: 0, gid: 0, username: "root", homedir: "/root", shell: "/bin/sh" }),
    isBigEndian: false,
  };
}

const NO_MAC = "00:00:00:00:00:00";

function macOf(id: number): string {
  return `02:00:00:00:${hex(id >> 8)}:${hex(id & 0xff)}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** A host has no terminal. Asking for one returns libuv's error for any other file. */
function terminalBinding(): object {
  return {
    isTTY: () => false,
    TTY: class {
      constructor(_fd: number, context: object) {
        const failure = { errno: -22, code: "EINVAL", message: "invalid argument" };
        Object.assign(context, { ...failure, syscall: "uv_tty_init" });
      }
    },
  };
}

let constantDescriptors: PropertyDescriptorMap | undefined;

/** The constants of `node:crypto`. The library of each process adds a property to an object of its own. */
function cryptoConstants({ crypto }: { crypto: object }): object {
  constantDescriptors ??= Object.fromEntries(
    Object.entries(Object.getOwnPropertyDescriptors(crypto)).filter(
      ([, { get }]) => get === undefined,
    ),
  );
  return Object.create(null, constantDescriptors) as object;
}

type Factory = (realm: Realm) => object;

/** The core bindings by name. */
export const coreBindings: Record<string, Factory> = {
  util: utilBinding,
  uv: uvBinding,
  os: osBinding,
  performance: performanceBinding,
  // The library defines its own additions with other attributes.
  types: () => {
    const { isKeyObject: _key, isCryptoKey: _crypto, ...types } = util.types;
    const { isModuleNamespaceObject: isReal } = types;
    return {
      ...types,
      isModuleNamespaceObject: (value: unknown) => isNamespace(value) || isReal(value),
    };
  },
  symbols: () => perIsolateSymbols,
  constants: () => {
    const real = realOnce("constants") as { internal?: object; crypto: object };
    const constants = { internal: { EXTENSIONLESS_FORMAT_JAVASCRIPT: 0 }, ...real };
    // Copying so many is a large part of this, and most programs never read them.
    const become = (value: unknown): void => {
      const attributes = { writable: true, enumerable: true, configurable: true };
      defineProperty(constants, "crypto", { ...attributes, value });
    };
    const get = (): unknown => {
      become(cryptoConstants(real));
      return constants.crypto;
    };
    const accessor = { get, set: become, enumerable: true, configurable: true };
    defineProperty(constants, "crypto", accessor);
    return constants;
  },
  config: () => ({
    ...realOnce("config"),
    hasInspector: false,
    hasTracing: false,
    // The machine that runs the tests may have another language. Hosts always have this one.
    getDefaultLocale: () => "en-US",
  }),
  buffer: () => realBinding("buffer") as object,
  errors: (realm) => ({
    exitCodes: {
      kNoFailure: 0,
      kGenericUserError: 1,
      kInternalJSParseError: 3,
      kInternalJSEvaluationFailure: 4,
      kV8FatalError: 5,
      kInvalidFatalExceptionMonkeyPatching: 6,
      kExceptionInFatalExceptionHandler: 7,
      kUnsettledTopLevelAwait: 13,
      kInvalidCommandLineArgument: 9,
      kAbort: 134,
    },
    noSideEffectsToString: withoutSideEffects,
    setPrepareStackTraceCallback: () => {},
    setGetSourceMapErrorSource: () => {},
    setSourceMapsEnabled: () => {},
    setMaybeCacheGeneratedSourceMap: () => {},
    setEnhanceStackForFatalException: () => {},
    getErrorSourcePositions: sourcePositions,
    triggerUncaughtException: (error: unknown, fromPromise: boolean) => {
      realm.uncaught(error, fromPromise);
      // The library's code does not go on in a process that has ended.
      if (!realm.context.process.alive) throw exited;
    },
  }),
  string_decoder: () => ({
    encodings: ["ascii", "utf8", "base64", "utf16le", "latin1", "hex", "buffer", "base64url"],
  }),
  trace_events: () => ({
    trace: () => {},
    isTraceCategoryEnabled: () => false,
    setTraceCategoryStateUpdateHandler: () => {},
    getCategoryEnabledBuffer: () => new Uint8Array(1),
    getEnabledCategories: () => undefined,
    available: false,
  }),
  credentials: (realm) => ({
    safeGetenv: (name: string) => realm.process.env[name],
    getTempDir: () => "/tmp",
    implementsPosixCredentials: true,
  }),
  builtins: () => ({
    builtinIds: [],
    natives: {},
    config: JSON.stringify(config),
    hasCachedBuiltins: () => true,
  }),
  mksnapshot: () => ({
    setSerializeCallback: () => {},
    setDeserializeCallback: () => {},
    setDeserializeMainFunction: () => {},
    isBuildingSnapshotBuffer: new Uint8Array(1),
    runEmbedderPreload: () => {},
    compileSerializeMain: () => {},
    anonymousMainPath: "__node_anonymous_main",
  }),
  permission: () => ({ has: () => true }),
  encoding_binding: () => ({
    setEncodeIntoResults: () => {},
    encodeUtf8String: (text: string) => new TextEncoder().encode(text),
    decodeUTF8: (bytes: Uint8Array, ignoreBOM: boolean, fatal: boolean) =>
      new TextDecoder("utf-8", { ignoreBOM, fatal }).decode(bytes),
    encodeInto: () => {},
    toASCII: (text: string) => text,
    toUnicode: (text: string) => text,
  }),
  inspector: () => ({
    isEnabled: () => false,
    setConsoleExtensionInstaller: () => {},
    console: {},
  }),
  report: reportBinding,
  tty_wrap: terminalBinding,
  // No program here is a single executable application.
  sea: () => ({ isSea: () => false, isExperimentalSeaWarningNeeded: () => false }),
  // It would report where Ctrl-C stopped a program. Nothing sends Ctrl-C here.
  watchdog: () => ({
    TraceSigintWatchdog: class {
      start(): void {}
      stop(): void {}
    },
  }),
  options: () => ({ envSettings: {}, types: {}, noGlobalSearchPaths: false }),
  diagnostics_channel: () => ({
    subscribers: new Uint32Array(0),
    notifyChannelActive: () => {},
    notifyChannelInactive: () => {},
    linkNativeChannel: () => {},
    getOrCreateChannelIndex: () => 0,
  }),
  icu: () => realBinding("icu") ?? {},
  heap_utils: () => ({}),
};
