/**
 * Modules that are not simulated, in the shape of the real ones: each name exists with its
 * attributes, classes have their methods, and any call throws an error that names what is not
 * simulated.
 */
import { notSimulated } from "./not-simulated.ts";

/** Returns the readable name of a property inside a module. */
function nameOf(path: string, key: PropertyKey): string {
  return `${path}.${typeof key === "symbol" ? `[${key.description ?? ""}]` : String(key)}`;
}

/** JavaScript's own properties of every function and class. They are left unchanged. */
const ownOfFunctions = new Set<PropertyKey>(["length", "name", "prototype", "arguments", "caller"]);

/** Creates one stand-in. An object that occurs twice is copied once. */
class Copier {
  readonly #made = new Map<object, object>();

  value(real: unknown, path: string): unknown {
    // Numbers and lists of names are harmless, but a program may change them.
    if (real === null) return real;
    if (Array.isArray(real)) return [...(real as unknown[])];
    if (typeof real !== "object" && typeof real !== "function") return real;
    return this.#made.get(real) ?? this.#copy(real, path);
  }

  #copy(real: object, path: string): object {
    if (typeof real === "function") return this.#function(real, path);
    const copy = Object.create(this.#prototypeFor(real, path)) as object;
    this.#made.set(real, copy);
    this.#properties(real, copy, path, new Set());
    return copy;
  }

  /** Returns the prototype of a class's instances. */
  #prototypeFor(real: object, path: string): object | null {
    const inherited = Object.getPrototypeOf(real) as object | null;
    if (inherited === null) return null;
    const { constructor } = real;
    if (typeof constructor !== "function" || inherited !== constructor.prototype)
      return Object.prototype;
    if (inherited === Object.prototype) return inherited;
    return (this.value(constructor, `${path}.constructor`) as { prototype: object }).prototype;
  }

  #function(real: object, path: string): object {
    const copy = notSimulated(path);
    this.#made.set(real, copy);
    for (const key of ["length", "name"]) {
      const descriptor = Object.getOwnPropertyDescriptor(real, key);
      if (descriptor) Object.defineProperty(copy, key, descriptor);
    }
    this.#properties(real, copy, path, ownOfFunctions);
    const { prototype } = real as { prototype?: object };
    if (typeof prototype === "object" && prototype !== null) {
      const own = (copy as { prototype: object }).prototype;
      this.#properties(prototype, own, `${path}.prototype`, new Set(["constructor"]));
    }
    return copy;
  }

  #properties(from: object, to: object, path: string, skip: ReadonlySet<PropertyKey>): void {
    for (const key of Reflect.ownKeys(from)) {
      if (skip.has(key)) continue;
      const real = Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor;
      const name = nameOf(path, key);
      const { configurable = false, enumerable = false } = real;
      let copy: PropertyDescriptor = { ...real };
      if ("value" in real) copy.value = this.value(real.value, name);
      else copy = { configurable, enumerable, ...this.#accessor(from, real, name) };
      Object.defineProperty(to, key, copy);
    }
  }

  /** Reading a name is harmless. The result throws when it is used. */
  #accessor(holder: object, { get, set }: PropertyDescriptor, path: string): PropertyDescriptor {
    const accessor: PropertyDescriptor = {};
    if (set) accessor.set = notSimulated(path) as () => void;
    if (!get) return accessor;
    let known: { readonly value: unknown } | undefined;
    accessor.get = () => {
      known ??= { value: this.#read(holder, get, path) };
      return known.value;
    };
    return accessor;
  }

  #read(holder: object, get: () => unknown, path: string): unknown {
    try {
      return this.value(get.call(holder), path);
    } catch {
      // The getter needs an instance, or reads state of the real process.
      return notSimulated(path);
    }
  }
}

/** Returns the shape of `real`, a module or an object in one. None of its functions work. */
export function standIn(real: object, path: string): object {
  return new Copier().value(real, path) as object;
}
