/**
 * `internalBinding('webstorage')`: the `Storage` behind `sessionStorage`, which is a global in Node
 * 26. Each process has its own, in memory. Node's library reports by itself that `localStorage` has
 * no file.
 */
import { Buffer } from "node:buffer";
import type { Realm } from "../realm-types.ts";

/** The maximum size of all keys and values of a storage, in bytes of UTF-16. */
const QUOTA_BYTES = 10 * 1024 * 1024;

/** Only Node's library creates storages: it has this key. */
const constructorKey: symbol = Symbol("kConstructorKey");

class Items {
  readonly #values = new Map<string, string>();
  #bytes = 0;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** Stores an item. Returns false if there was no room. */
  set(key: string, value: string): boolean {
    const before = this.#values.get(key);
    const grown = 2 * (value.length - (before === undefined ? -key.length : before.length));
    if (this.#bytes + grown > QUOTA_BYTES) return false;
    this.#bytes += grown;
    this.#values.set(key, value);
    return true;
  }

  remove(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#bytes -= 2 * (key.length + value.length);
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }

  /** Returns the keys in the order of their bytes, as Node's database stores them. */
  keys(): string[] {
    const bytes = (key: string): Buffer => Buffer.from(key, "utf16le");
    return [...this.#values.keys()].sort((a, b) => bytes(a).compare(bytes(b)));
  }
}

/** The items of each storage, by the object that programs hold. */
const all = new WeakMap<object, Items>();

function itemsOf(storage: object): Items {
  const items = all.get(storage);
  if (items === undefined) throw new TypeError("Illegal invocation");
  return items;
}

function demandArguments(name: string, given: number, wanted: number): void {
  if (given >= wanted) return;
  const words = wanted === 1 ? "1 argument" : `${wanted} arguments`;
  throw Object.assign(
    new TypeError(`Failed to execute '${name}' on 'Storage': ${words} required`),
    { code: "ERR_MISSING_ARGS" },
  );
}

/** Converts as concatenation does: it throws for a symbol, while `String` would not. */
function textOf(value: unknown): string {
  return `${value as string}`;
}

function put(items: Items, key: string, value: string): void {
  if (items.set(key, value)) return;
  const { QuotaExceededError } = globalThis as {
    QuotaExceededError?: new (message: string) => Error;
  };
  const message = "Setting the value exceeded the quota";
  throw QuotaExceededError
    ? new QuotaExceededError(message)
    : new DOMException(message, "QuotaExceededError");
}

/** Items are also properties, except those with names of the class's members. */
const asProperties: ProxyHandler<object> = {
  get(target, name, receiver) {
    if (typeof name === "symbol" || name in target) {
      return Reflect.get(target, name, receiver) as unknown;
    }
    return itemsOf(target).get(name);
  },
  set(target, name, value: unknown) {
    if (typeof name === "symbol") return Reflect.set(target, name, value);
    put(itemsOf(target), name, textOf(value));
    return true;
  },
  has(target, name) {
    if (name in target) return true;
    return typeof name === "string" && itemsOf(target).get(name) !== undefined;
  },
  deleteProperty(target, name) {
    if (typeof name === "symbol") return Reflect.deleteProperty(target, name);
    itemsOf(target).remove(name);
    return true;
  },
  defineProperty(target, name, descriptor) {
    if (typeof name === "symbol") return Reflect.defineProperty(target, name, descriptor);
    if ("value" in descriptor) put(itemsOf(target), name, textOf(descriptor.value));
    return true;
  },
  ownKeys(target) {
    const names = itemsOf(target).keys();
    return [...names.filter((name) => !(name in target)), ...Reflect.ownKeys(target)];
  },
  getOwnPropertyDescriptor(target, name) {
    const value =
      typeof name === "symbol" || name in target ? undefined : itemsOf(target).get(name);
    if (value === undefined) return Reflect.getOwnPropertyDescriptor(target, name);
    return { value, writable: true, enumerable: true, configurable: true };
  },
};

/** Returns a process's own class, so that patching it does not affect other processes. */
function storageClass(): new (key: symbol) => object {
  class Storage {
    constructor(key: symbol) {
      if (key !== constructorKey) {
        const error = new Error("Illegal constructor");
        throw Object.assign(error, { code: "ERR_ILLEGAL_CONSTRUCTOR" });
      }
      const items = new Items();
      const storage = new Proxy<object>(this, asProperties);
      all.set(this, items);
      all.set(storage, items);
      // oxlint-disable-next-line no-constructor-return
      return storage as this;
    }

    get length(): number {
      return itemsOf(this).size;
    }

    clear(): void {
      itemsOf(this).clear();
    }

    getItem(...args: readonly unknown[]): string | null {
      demandArguments("getItem", args.length, 1);
      return itemsOf(this).get(textOf(args[0])) ?? null;
    }

    key(...args: readonly unknown[]): string | null {
      demandArguments("key", args.length, 1);
      return itemsOf(this).keys()[Math.trunc(Number(args[0])) || 0] ?? null;
    }

    removeItem(...args: readonly unknown[]): void {
      demandArguments("removeItem", args.length, 1);
      itemsOf(this).remove(textOf(args[0]));
    }

    setItem(...args: readonly unknown[]): void {
      demandArguments("setItem", args.length, 2);
      put(itemsOf(this), textOf(args[0]), textOf(args[1]));
    }
  }
  for (const name of ["length", "clear", "getItem", "key", "removeItem", "setItem"]) {
    const configurable = name !== "length";
    Object.defineProperty(Storage.prototype, name, { enumerable: true, configurable });
  }
  return Storage;
}

/** Creates the binding of one process. */
export function createWebStorageBinding(_realm: Realm): object {
  return { kConstructorKey: constructorKey, Storage: storageClass() };
}
