/**
 * Converts values that a program passes (keys, inputs, outputs, details) to plain data. A history must not
 * keep references to a dead process's objects, and files can contain only plain data. Different values must
 * remain different, because a key identifies an object and a checker compares values. If that is
 * impossible, it is reported.
 */
import { messageOf } from "../base/errors.ts";
import { digestOfText } from "../base/fingerprint.ts";

const DEPTH_MAX = 32;
/**
 * The maximum length of a text. Longer text is truncated, and ends with its length and a digest of the
 * whole.
 */
const TEXT_MAX = 10_000;
/**
 * Instances of classes that contain more values than this are not data, but for example a client or a
 * server.
 */
const INSTANCE_VALUES_MAX = 1_000;

/** Options for the conversion. */
export interface PlainOptions {
  /**
   * Do not call any code of the program (`toJSON`, `toString`, getters); instances of classes become their
   * names. For values that are read only when there is an observer, which must not change the run.
   */
  readonly quiet?: boolean;
}

/** A value as plain data, and whether it is exact. */
export interface PlainValue {
  readonly value: unknown;
  /**
   * The reason why a different value might have the same result: "a function", "an instance of Client".
   * `undefined` if none can.
   */
  readonly vague: string | undefined;
}

/** Converts a value to plain data; see {@link readPlain}. */
export function plain(value: unknown, options: PlainOptions = {}): unknown {
  return new Reader(options).read(value, 0);
}

/**
 * Converts a value to plain data: `undefined`, `null`, booleans, numbers, text, arrays and objects of such.
 *
 * - A `Date` is its ISO text, a `URL` its text, a bigint `"5n"`, a symbol `"Symbol(name)"`, `NaN` and the
 *   infinities their names, an error `"TypeError: message"`.
 * - A `Map` is an object if its keys are text, otherwise a list of pairs; a `Set` is a list. Bytes (a `Buffer`,
 *   a `Uint8Array`, an `ArrayBuffer`) are text, one character per byte; other typed arrays are lists of numbers.
 * - An instance of another class is the result of its `toJSON`, or of its own `toString`, or the fields that
 *   `JSON.stringify` would write if all of these are data.
 * - Anything else (a function, a promise, a client with its sockets) is its kind in brackets, such as
 *   `"[Client]"`, and counts as vague.
 *
 * Never throws, whatever the value's own code does.
 */
export function readPlain(value: unknown, options: PlainOptions = {}): PlainValue {
  const reader = new Reader(options);
  const read = reader.read(value, 0);
  return { value: read, vague: reader.vague };
}

class Reader {
  vague: string | undefined;
  readonly #quiet: boolean;
  /** The objects that contain the current one. */
  readonly #within = new Set<object>();
  /** The number of values that instances of classes may still contain. */
  #left = Infinity;

  constructor({ quiet = false }: PlainOptions) {
    this.#quiet = quiet;
  }

  read(value: unknown, depth: number): unknown {
    this.#left--;
    switch (typeof value) {
      case "string":
        return cut(value);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
      case "undefined":
        return value;
      case "bigint":
        return `${value}n`;
      case "symbol":
        return String(value);
      case "function":
        return this.#unclear(
          value.name === "" ? "function" : `function ${value.name}`,
          "a function",
        );
      default:
        return value === null ? null : this.#object(value as object, depth);
    }
  }

  #object(value: object, depth: number): unknown {
    if (this.#within.has(value)) return this.#unclear("circular", "a circle");
    if (depth >= DEPTH_MAX) return this.#unclear("deeper", "nested too deeply");
    this.#within.add(value);
    try {
      return this.#known(value, depth);
    } catch {
      return this.#unclear(classOf(value), `an instance of ${classOf(value)} that cannot be read`);
    } finally {
      this.#within.delete(value);
    }
  }

  #known(value: object, depth: number): unknown {
    if (Array.isArray(value)) return value.map((item) => this.read(item, depth + 1));
    if (ArrayBuffer.isView(value)) return this.#view(value, depth);
    if (value instanceof ArrayBuffer) return bytes(new Uint8Array(value));
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    }
    if (value instanceof Map) return this.#map(value, depth);
    if (value instanceof Set) return [...value].map((item) => this.read(item, depth + 1));
    if (value instanceof Error) return cut(`${value.name}: ${messageOf(value)}`);
    if (value instanceof URL) return value.href;
    if (value instanceof RegExp) return String(value);
    if (isPlainObject(value)) return this.#fields(value, depth);
    return this.#instance(value, depth);
  }

  #view(view: ArrayBufferView, depth: number): unknown {
    if (view instanceof Uint8Array || view instanceof DataView) return bytes(view);
    return Array.from(view as unknown as ArrayLike<unknown>, (item) => this.read(item, depth + 1));
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const entries = [...map];
    if (!entries.every(([key]) => typeof key === "string")) {
      return entries.map((entry) => this.read(entry, depth + 1));
    }
    return objectOf(entries.map(([key, item]) => [key as string, this.read(item, depth + 1)]));
  }

  #fields(value: object, depth: number): unknown {
    const names = Object.keys(value);
    if (!this.#quiet) {
      return objectOf(
        names.map((name) => [name, this.read((value as Record<string, unknown>)[name], depth + 1)]),
      );
    }
    const properties = names.map((name) => [name, Object.getOwnPropertyDescriptor(value, name)]);
    return objectOf(
      (properties as [string, PropertyDescriptor][]).map(([name, property]) => [
        name,
        "value" in property ? this.read(property.value, depth + 1) : "[getter]",
      ]),
    );
  }

  #instance(value: object, depth: number): unknown {
    const name = classOf(value);
    const what = `an instance of ${name}`;
    if (value instanceof Promise) return this.#unclear(name, "a promise (await it first)");
    if (this.#quiet) return this.#unclear(name, what);
    const { toJSON, toString } = value as { toJSON?: unknown; toString?: unknown };
    if (typeof toJSON === "function") return this.read(toJSON.call(value, ""), depth + 1);
    if (typeof toString === "function" && toString !== Object.prototype.toString) {
      const text = String(toString.call(value));
      if (!text.startsWith("[object ")) return cut(text);
    }
    if (Object.keys(value).length === 0) return this.#unclear(name, what);
    return this.#data(value, depth) ?? this.#unclear(name, what);
  }

  /** The fields of an instance; `undefined` if any of them is not data, or if there are too many. */
  #data(value: object, depth: number): unknown {
    const [vague, left] = [this.vague, this.#left];
    const budget = Math.min(left, INSTANCE_VALUES_MAX);
    this.vague = undefined;
    this.#left = budget;
    const names = Object.keys(value);
    const out: [string, unknown][] = [];
    for (const name of names) {
      out.push([name, this.read((value as Record<string, unknown>)[name], depth + 1)]);
      if (this.vague !== undefined || this.#left < 0) break;
    }
    const whole = this.vague === undefined && this.#left >= 0;
    this.vague = vague;
    this.#left += left - budget;
    return whole ? objectOf(out) : undefined;
  }

  #unclear(name: string, what: string): string {
    this.vague ??= what;
    return `[${name}]`;
  }
}

/** The class of an object, determined without running any getter of the program. */
function classOf(value: object): string {
  for (
    let at: object | null = value;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const property = Object.getOwnPropertyDescriptor(at, "constructor");
    if (property === undefined) continue;
    const name: unknown = typeof property.value === "function" ? property.value.name : undefined;
    return typeof name === "string" && name !== "" ? name : "object";
  }
  return "object";
}

/** Whether it is a plain object. One of another realm has a prototype that itself has no prototype. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Creates an object in which `__proto__` is an ordinary name. */
function objectOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

/** The content of a buffer. Buffers are usually text, so a history shows them as text. */
function bytes(view: ArrayBufferView): string {
  const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return cut(new TextDecoder("latin1").decode(all));
}

function cut(text: string): string {
  if (text.length <= TEXT_MAX) return text;
  const digest = (digestOfText(text) >>> 0).toString(16);
  return `${text.slice(0, TEXT_MAX)}… (${text.length} characters, ${digest})`;
}
