/**
 * The few files of Node's library that a simulated process does not instantiate: they hold no state
 * of a process and depend on native code that Node does not expose. Their public counterparts are
 * used instead.
 */
import { Buffer } from "node:buffer";
import * as realStringDecoder from "node:string_decoder";
import * as realUrl from "node:url";
import * as realUtil from "node:util";
import * as realV8 from "node:v8";
import * as realVm from "node:vm";
import { privateSymbols } from "../bindings/core.ts";
import { cloneReal } from "../real-clone.ts";
import { withOwnTraceLimit } from "../program/trace-limit.ts";
import type { Realm } from "../realm-types.ts";
import { hasLibraryFile } from "./natives.ts";
import { flagsOf, optionFrom, optionFromEnvironment, optionValue } from "./options.ts";

type Substitute = (realm: Realm) => unknown;

/** Returns a namespace as CommonJS exports, which do not have its `default`. */
function commonjs(namespace: object): object {
  return (namespace as { default: object }).default;
}

const publicTwins: Record<string, Substitute> = {
  buffer: (realm) => realm.requirePublic("buffer"),
  string_decoder: () => commonjs(realStringDecoder),
  url: () => commonjs(realUrl),
  // Serialization has no state.
  v8: () => commonjs(realV8),
  module: (realm) => realm.requirePublic("module"),
  // The library itself only needs a fresh context for its regular expressions.
  vm: () => commonjs(realVm),
};

function inspectModule(): object {
  const { inspect, stripVTControlCharacters } = realUtil;
  const format = (...values: unknown[]): unknown => withOwnTraceLimit(realUtil.format, values);
  const formatWithOptions = (...values: unknown[]): unknown =>
    withOwnTraceLimit(realUtil.formatWithOptions, values);
  Object.defineProperty(formatWithOptions, "length", { value: 1, configurable: true });
  return {
    inspect,
    format,
    formatWithOptions,
    stripVTControlCharacters,
    identicalSequenceRange: () => ({ len: 0, offset: 0 }),
    isStackOverflowError: (error: unknown) => error instanceof RangeError,
    getStringWidth: (text: string) => [...stripVTControlCharacters(text.normalize("NFC"))].length,
    formatProperty: (
      _context: unknown,
      value: Record<string, unknown>,
      _depth: number,
      key: string,
    ) => `${key}: ${inspect(value[key])}`,
    kMaxShortLength: 16,
    kMaxLongLength: 512,
  };
}

const hrefOf = Object.getOwnPropertyDescriptor(URL.prototype, "href")?.get;

function urlModule(): object {
  const { URL, URLSearchParams, fileURLToPath, pathToFileURL, domainToASCII, domainToUnicode } =
    realUrl;
  const isURL = (value: unknown): boolean =>
    Boolean(
      (value as URL | undefined)?.href &&
      (value as URL).protocol &&
      (value as { auth?: unknown }).auth === undefined &&
      (value as { path?: unknown }).path === undefined,
    );
  return {
    URL,
    URLSearchParams,
    fileURLToPath,
    pathToFileURL,
    domainToASCII,
    domainToUnicode,
    isURL,
    // The real class checks its receiver: only its instances have its private field.
    isURLInstance: (value: unknown): boolean => {
      try {
        return typeof hrefOf?.call(value as URL) === "string";
      } catch {
        return false;
      }
    },
    getURLHref: (url: URL): string => url.href,
    urlToHttpOptions: realUrl.urlToHttpOptions,
    getURLOrigin: (url: string) => new URL(url).origin,
    toPathIfFileURL: (value: unknown) => (isURL(value) ? fileURLToPath(value as URL) : value),
    URLParse: (input: string, base?: string) => {
      try {
        return new URL(input, base);
      } catch {
        return null;
      }
    },
    encodeStr: (text: string) => encodeURIComponent(text),
    unsafeProtocol: new Set(["javascript", "javascript:"]),
    hostlessProtocol: new Set(["javascript", "javascript:"]),
    slashedProtocol: new Set(
      ["http", "https", "ftp", "gopher", "file", "ws", "wss"].flatMap((name) => [name, `${name}:`]),
    ),
  };
}

/**
 * Returns a function that reads numbers. The library calls it as a method or, since Node 24, as a
 * function.
 */
function reader(name: "readUInt16BE" | "readUInt32BE") {
  return function read(this: Buffer | undefined, ...args: [Buffer | number, number?]): number {
    const [first, second] = args;
    const [view, offset] = typeof first === "object" ? [first, second] : [this as Buffer, first];
    // Accepts any typed array: it reads elements, not bytes.
    return Buffer.prototype[name].call(view, offset);
  };
}

const untransferable = privateSymbols["untransferable_object_private_symbol"] as symbol;

function bufferInternals(): object {
  // Buffers are the real ones: native code creates them too, and `Buffer.isBuffer` must recognise
  // them all. A stream's own buffer is passed to the program without a copy.
  function FastBuffer(
    data?: ArrayBuffer | Buffer | number,
    offset?: number,
    length?: number,
  ): Buffer {
    if (data === undefined || typeof data === "number") return Buffer.alloc(data ?? 0);
    if (ArrayBuffer.isView(data)) return data;
    return Buffer.from(data, offset, length);
  }
  FastBuffer.prototype = Buffer.prototype;
  return {
    FastBuffer,
    addBufferPrototype: () => {},
    markAsUntransferable(value: unknown) {
      if (typeof value !== "object" || value === null) return;
      Object.defineProperty(value, untransferable, { value: true, configurable: true });
    },
    createUnsafeBuffer: (size: number) => Buffer.alloc(size),
    createUnsafeArrayBuffer: (size: number) => new ArrayBuffer(size),
    isMarkedAsUntransferable: (value: unknown) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, untransferable),
    asyncWriteUtf8: undefined,
    readUInt16BE: reader("readUInt16BE"),
    readUInt32BE: reader("readUInt32BE"),
  };
}

/** The processes that were warned that certificates are not verified. Each is warned once. */
const unauthorizedWarned = new WeakSet<Realm>();

function allowsUnauthorized(realm: Realm): boolean {
  if (realm.process.env.NODE_TLS_REJECT_UNAUTHORIZED !== "0") return false;
  if (!unauthorizedWarned.has(realm)) {
    unauthorizedWarned.add(realm);
    realm.process.emitWarning(
      "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections " +
        "and HTTPS requests insecure by disabling certificate verification.",
    );
  }
  return true;
}

/**
 * Serializes an error that a worker sends to its creator. What cloning would lose is sent beside
 * it.
 */
function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { error };
  const own: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    try {
      own[key] = cloneReal((error as unknown as Record<string, unknown>)[key]);
    } catch {
      // A property that cannot be cloned is left out, as in Node.
    }
  }
  return { error: new Error(error.message), name: error.name, stack: error.stack, own };
}

const errorClasses: Record<string, ErrorConstructor> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function deserializeError(sent: {
  error: unknown;
  name?: string;
  stack?: string;
  own?: object;
}): unknown {
  if (!(sent.error instanceof Error) || sent.own === undefined) return sent.error;
  const error = new (errorClasses[sent.name ?? ""] ?? Error)(sent.error.message);
  Object.defineProperty(error, "stack", { value: sent.stack, configurable: true, writable: true });
  return Object.assign(error, sent.own);
}

/** The substitutes by the library's own names. */
export const substitutes: Record<string, Substitute> = {
  ...publicTwins,
  "internal/options": (realm) => {
    const flags = flagsOf(realm.process);
    return {
      getOptionValue: (name: string) =>
        optionFrom(flags, name) ??
        optionFromEnvironment(realm.process.env, name) ??
        optionValue(name),
      getEmbedderOptions: () => ({}),
      getAllowUnauthorized: () => allowsUnauthorized(realm),
      refreshOptions: () => {},
      generateConfigJsonSchema: () => ({}),
    };
  },
  "internal/util/inspect": inspectModule,
  "internal/url": urlModule,
  "internal/buffer": bufferInternals,
  "internal/encoding": () => ({
    TextEncoder,
    TextDecoder,
    getUtf8Decoder: () => new TextDecoder(),
    getEncodingFromLabel: (label: string) => new TextDecoder(label).encoding,
    encodeInto: (text: string, target: Uint8Array) => new TextEncoder().encodeInto(text, target),
    encodeIntoResults: new Uint32Array(2),
    encodings: new Map(),
  }),
  "internal/bootstrap/realm": () => ({
    BuiltinModule: {
      exists: hasLibraryFile,
      canBeRequiredByUsers: (id: string) => hasLibraryFile(id) && !id.startsWith("internal/"),
      canBeRequiredWithoutScheme: (id: string) => hasLibraryFile(id) && !id.startsWith("internal/"),
      normalizeRequirableId: (id: string) => (id.startsWith("node:") ? id.slice(5) : id),
      getSchemeOnlyModuleNames: () => ["sea", "sqlite", "test", "test/reporters"],
    },
    internalBinding: undefined,
  }),
  "internal/source_map/source_map_cache": () => ({
    getSourceMapsEnabled: () => false,
    setSourceMapsEnabled: () => {},
    maybeCacheGeneratedSourceMap: () => {},
    findSourceMap: () => undefined,
    getSourceMapsSupport: () => ({ enabled: false }),
  }),
  "internal/error_serdes": () => ({ serializeError, deserializeError }),
};
