/**
 * A message between its sender and its receiver, as `Message` of Node's C++: a structured clone,
 * and beside it the host objects (ports, and objects of Node's library that define how they are
 * cloned or transferred), each in a form from which the receiver creates its own object.
 */
import { isEnvironment } from "../environment.ts";
import { cloneReal } from "../real-clone.ts";
import { perIsolateSymbols, privateSymbols } from "./core.ts";
import { cloneOfKey, type NativeClone } from "./crypto/key-objects.ts";

const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

const kClone = perIsolateSymbols["messaging_clone_symbol"] as symbol;
const kTransfer = perIsolateSymbols["messaging_transfer_symbol"] as symbol;
const kTransferList = perIsolateSymbols["messaging_transfer_list_symbol"] as symbol;
const kDeserialize = perIsolateSymbols["messaging_deserialize_symbol"] as symbol;
const transferMode = privateSymbols["transfer_mode_private_symbol"] as symbol;
const untransferable = privateSymbols["untransferable_object_private_symbol"] as symbol;

const TRANSFERABLE = 1;
const CLONEABLE = 2;

const madeTransferable = new WeakSet<object>();

/**
 * The base of such objects before Node 21, whose prototype the library replaces. Later versions
 * mark the objects instead.
 */
export class JSTransferable {
  constructor() {
    madeTransferable.add(this);
  }
}

/** A port in transit. Only the code of ports knows its content. */
export interface TravellingPort {
  readonly state: object;
}

/** What messages need to know of ports. */
export interface PortRules {
  isPort(value: object): boolean;
  /** Returns whether it was closed or transferred before. */
  isDetached(port: object): boolean;
  detach(port: object): TravellingPort;
}

/** A host object within a message. */
type HostObject =
  | { readonly kind: "port"; readonly port: TravellingPort }
  | { readonly kind: "native"; readonly clone: NativeClone }
  | { readonly kind: "library"; readonly info: string; readonly data: Message };

/** A message in transit. Each receiver creates its own objects from it. */
export interface Message {
  readonly body: unknown;
  readonly hosts: readonly HostObject[];
}

/** Creates host objects for a receiver. */
export interface Receiver {
  adopt(port: TravellingPort): object;
  /** The function that Node's library passes to `setDeserializerCreateObjectFunction`. */
  create(info: string): object;
  /** Creates an object that native code clones itself. */
  make(clone: NativeClone): object;
}

type LibraryObject = Record<symbol, ((argument?: unknown) => unknown) | number | undefined>;

/** Before Node 22, some errors about messages had codes of their own. */
const HAS_CODES = NODE_MAJOR < 22;

function withCode(code: string, message: string): Error {
  return Object.assign(new TypeError(message), { code });
}

function invalidTransfer(): Error {
  return HAS_CODES
    ? withCode("ERR_INVALID_TRANSFER_OBJECT", "Found invalid object in transferList")
    : dataCloneError("Found invalid value in transferList.");
}

function missingTransfer(): Error {
  const message = "Object that needs transfer was found in message but not listed in transferList";
  return HAS_CODES
    ? withCode("ERR_MISSING_TRANSFERABLE_IN_TRANSFER_LIST", message)
    : dataCloneError(message);
}

function dataCloneError(message: string): DOMException {
  return new DOMException(message, "DataCloneError");
}

/**
 * Returns the transfer mode of one of the library's objects: bits, or `undefined` for any other
 * object.
 */
function modeOf(value: object): number | undefined {
  const marked = (value as LibraryObject)[transferMode];
  if (typeof marked === "number") return marked;
  if (cloneOfKey(value)) return CLONEABLE;
  if (!madeTransferable.has(value)) return undefined;
  const object = value as unknown as LibraryObject;
  return (kClone in object ? CLONEABLE : 0) | (kTransfer in object ? TRANSFERABLE : 0);
}

function isUntransferable(value: object): boolean {
  return (value as LibraryObject)[untransferable] !== undefined;
}

const PLACE = "\0lightcone:host:";

class Packer {
  readonly hosts: (() => HostObject)[] = [];
  readonly #ports: PortRules;
  readonly #transferred: ReadonlySet<unknown>;
  /**
   * True while packing the data of the library's own objects. Native classes in it are passed on
   * unchanged.
   */
  readonly #isNested: boolean;
  readonly #natives: unknown[];
  readonly #seen = new Map<object, unknown>();
  readonly #places = new Map<object, string>();

  constructor(ports: PortRules, transferred: ReadonlySet<unknown>, natives: unknown[] | undefined) {
    this.#ports = ports;
    this.#transferred = transferred;
    this.#isNested = natives !== undefined;
    this.#natives = natives ?? [];
  }

  /** Returns whether there is a host object in `value`, at any depth. */
  holdsHosts(value: unknown, seen: Set<unknown> = new Set()): boolean {
    if (typeof value !== "object" || value === null || seen.has(value)) {
      return typeof value === "function" && modeOf(value) !== undefined;
    }
    seen.add(value);
    if (this.#ports.isPort(value) || modeOf(value) !== undefined) return true;
    // Not a host object, but a proxy, which cannot be cloned. It is copied first.
    if (isEnvironment(value)) return true;
    if (ArrayBuffer.isView(value)) return false;
    if (Array.isArray(value)) {
      return value.some((item) => typeof item === "object" && this.holdsHosts(item, seen));
    }
    if (value instanceof Map) {
      for (const [key, item] of value) {
        if (this.holdsHosts(key, seen) || this.holdsHosts(item, seen)) return true;
      }
      return false;
    }
    if (value instanceof Set) {
      for (const item of value) if (this.holdsHosts(item, seen)) return true;
      return false;
    }
    if (this.#isNested && isNative(value)) return true;
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      if (typeof item === "object" && this.holdsHosts(item, seen)) return true;
    }
    return false;
  }

  /** Returns the value with placeholders for host objects. */
  replace(value: unknown): unknown {
    if (typeof value !== "object" || value === null) {
      if (typeof value === "function" && modeOf(value) !== undefined) return this.#host(value);
      return value;
    }
    if (this.#ports.isPort(value) || modeOf(value) !== undefined) return this.#host(value);
    const known = this.#seen.get(value);
    if (known !== undefined) return known;
    if (Array.isArray(value)) {
      const copy: unknown[] = [];
      this.#seen.set(value, copy);
      copy.length = value.length;
      for (const key of Object.keys(value)) {
        (copy as unknown as Record<string, unknown>)[key] = this.replace(
          (value as unknown as Record<string, unknown>)[key],
        );
      }
      return copy;
    }
    if (value instanceof Map) {
      const copy = new Map<unknown, unknown>();
      this.#seen.set(value, copy);
      for (const [key, item] of value) copy.set(this.replace(key), this.replace(item));
      return copy;
    }
    if (value instanceof Set) {
      const copy = new Set<unknown>();
      this.#seen.set(value, copy);
      for (const item of value) copy.add(this.replace(item));
      return copy;
    }
    if (this.#isNested && isNative(value)) {
      this.#natives.push(value);
      return `${PLACE}native:${this.#natives.length - 1}`;
    }
    if (isOther(value)) return value;
    const copy: Record<string, unknown> = {};
    this.#seen.set(value, copy);
    for (const key of Object.keys(value)) {
      copy[key] = this.replace((value as Record<string, unknown>)[key]);
    }
    return copy;
  }

  #host(value: object): string {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = `${PLACE}${this.hosts.length}`;
    this.#places.set(value, place);
    this.hosts.push(this.#packed(value));
    return place;
  }

  /** Checks now. Detaches only once the whole message is known to be valid. */
  #packed(value: object): () => HostObject {
    const transferred = this.#transferred.has(value);
    if (this.#ports.isPort(value)) {
      if (!transferred) throw missingTransfer();
      return () => ({ kind: "port", port: this.#ports.detach(value) });
    }
    const mode = modeOf(value) ?? 0;
    if (!transferred && (mode & CLONEABLE) === 0) {
      if ((mode & TRANSFERABLE) !== 0) throw missingTransfer();
      throw dataCloneError(`${describe(value)} could not be cloned.`);
    }
    const clone = cloneOfKey(value);
    if (clone) return () => ({ kind: "native", clone });
    const object = value as unknown as LibraryObject;
    const nested =
      transferred && (mode & TRANSFERABLE) !== 0
        ? ((object[kTransferList] as (() => unknown[]) | undefined)?.call(value) ?? [])
        : [];
    const make = (
      transferred && (mode & TRANSFERABLE) !== 0 ? object[kTransfer] : object[kClone]
    ) as (this: object) => { data: unknown; deserializeInfo: string };
    const { data, deserializeInfo } = make.call(value);
    const inner = packWith(this.#ports, data, nested, true);
    return () => ({ kind: "library", info: deserializeInfo, data: inner() });
  }
}

/**
 * Returns whether an object's class is unknown to structured cloning: this code's handles, within
 * the library's data.
 */
function isNative(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null && !isOther(value);
}

const cloned = new Set(
  (
    "Date RegExp Boolean Number String BigInt ArrayBuffer SharedArrayBuffer DataView Error " +
    "WebAssembly.Module Map Set Array"
  ).split(" "),
);

/** Returns whether structured cloning handles the object in a way of its own. */
function isOther(value: object): boolean {
  if (ArrayBuffer.isView(value) || value instanceof Error) return true;
  const tag = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return cloned.has(tag);
}

function describe(value: object): string {
  return typeof value === "function"
    ? Function.prototype.toString.call(value)
    : `#<${(value.constructor as { name?: string } | undefined)?.name ?? "Object"}>`;
}

/**
 * Packs a value. `transfer` is the sender's list. Throws as Node does. Calling the result detaches
 * the transferred objects.
 */
function packWith(
  ports: PortRules,
  value: unknown,
  transfer: readonly unknown[],
  isNested: boolean,
  source?: object,
): () => Message {
  const buffers: ArrayBuffer[] = [];
  const transferred = new Set<unknown>();
  for (const item of transfer) {
    if (typeof item !== "object" || item === null) throw invalidTransfer();
    if (isUntransferable(item)) {
      if (HAS_CODES) continue;
      throw dataCloneError("Cannot transfer object of unsupported type.");
    }
    if (transferred.has(item)) {
      const name = item instanceof ArrayBuffer ? "ArrayBuffer" : item.constructor.name;
      throw dataCloneError(`Transfer list contains duplicate ${name}`);
    }
    if (item instanceof ArrayBuffer) buffers.push(item);
    else if (ports.isPort(item)) {
      if (item === source) throw dataCloneError("Transfer list contains source port");
      if (ports.isDetached(item)) {
        throw dataCloneError("MessagePort in transfer list is already detached");
      }
    } else {
      const mode = isNested && isNative(item) ? TRANSFERABLE : modeOf(item);
      if (mode === undefined || (!HAS_CODES && (mode & TRANSFERABLE) === 0))
        throw invalidTransfer();
    }
    transferred.add(item);
  }
  const natives: unknown[] = [];
  const packer = new Packer(ports, transferred, isNested ? natives : undefined);
  const holds = transferred.size > buffers.length || packer.holdsHosts(value);
  const replaced = holds ? packer.replace(value) : value;
  const body: unknown = cloneReal(replaced, { transfer: buffers });
  // Listed ports that are not in the message are transferred as well.
  if (holds)
    for (const item of transferred)
      if (!buffers.includes(item as ArrayBuffer)) packer.replace(item);
  return () => ({
    body: natives.length > 0 ? withNatives(body, natives) : body,
    hosts: packer.hosts.map((pack) => pack()),
  });
}

/** Packs `value` as a message. `source` is the port that posts it. */
export function pack(
  ports: PortRules,
  value: unknown,
  transfer: readonly unknown[],
  source?: object,
): Message {
  return packWith(ports, value, transfer, false, source)();
}

/** Replaces the placeholders with objects. */
function restore(value: unknown, objectAt: (place: string) => unknown, seen: Set<object>): unknown {
  if (typeof value === "string" && value.startsWith(PLACE)) {
    const found = objectAt(value.slice(PLACE.length));
    return found === undefined ? value : found;
  }
  if (typeof value !== "object" || value === null || seen.has(value)) return value;
  seen.add(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  if (value instanceof Map) {
    const entries = [...value];
    value.clear();
    for (const [key, item] of entries) {
      value.set(restore(key, objectAt, seen), restore(item, objectAt, seen));
    }
  } else if (value instanceof Set) {
    const items = [...value];
    value.clear();
    for (const item of items) value.add(restore(item, objectAt, seen));
  } else {
    const object = value as Record<string, unknown>;
    for (const key of Object.keys(object)) {
      const before = object[key];
      const after = restore(before, objectAt, seen);
      if (after !== before) object[key] = after;
    }
  }
  return value;
}

function withNatives(body: unknown, natives: readonly unknown[]): unknown {
  const at = (place: string): unknown =>
    place.startsWith("native:") ? natives[Number(place.slice("native:".length))] : undefined;
  return restore(body, at, new Set());
}

/** A received message: its value, and the ports that came with it. */
export interface Unpacked {
  readonly value: unknown;
  readonly ports: readonly object[];
}

/**
 * Creates the receiver's objects. Throws what the library throws; the receiver then gets
 * `messageerror`.
 */
export function unpack(message: Message, receiver: Receiver): Unpacked {
  const { body, hosts } = message;
  if (hosts.length === 0) return { value: body, ports: [] };
  const ports: object[] = [];
  const made = hosts.map((host) => {
    if (host.kind === "library") return receiver.create(host.info);
    if (host.kind === "native") return receiver.make(host.clone);
    const port = receiver.adopt(host.port);
    ports.push(port);
    return port;
  });
  hosts.forEach((host, i) => {
    if (host.kind !== "library") return;
    const { value } = unpack(host.data, receiver);
    (made[i] as unknown as Record<symbol, (data: unknown) => void>)[kDeserialize]?.(value);
  });
  return { value: restore(body, (place) => made[Number(place)], new Set()), ports };
}
