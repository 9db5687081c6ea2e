/**
 * `process.env` of a simulated process: every value is a string. It is a proxy, which structured cloning
 * rejects. Code that packs messages uses `isEnvironment` to copy it first.
 */
import type { TimeZone } from "./time-zone.ts";

/** The environments, with the names that were read from each and are not set. */
const environments = new WeakMap<object, Set<string>>();

/** The variables that a process read from its environment and did not find, in order. */
export function missingVariables(environment: object): readonly string[] {
  return [...(environments.get(environment) ?? [])];
}

/** Returns whether `value` is the environment of a simulated process. */
export function isEnvironment(value: object): boolean {
  return environments.has(value);
}

/**
 * Creates the environment. `onOther` is called once, for a value that is not a string, number or boolean. `zone` is told
 * what becomes of `TZ`.
 */
export function createEnvironment(
  entries: Readonly<Record<string, string>>,
  onOther: (() => void) | undefined,
  zone?: TimeZone,
): object {
  let isOtherKnown = false;
  const missing = new Set<string>();
  const made = new Proxy({ ...entries } as Record<string, string>, {
    get(env, name) {
      const value = env[name as string];
      if (value === undefined && typeof name === "string") missing.add(name);
      return value;
    },
    set(env, name, value: unknown) {
      if (typeof name === "symbol" || typeof value === "symbol") {
        throw new TypeError("Cannot convert a Symbol value to a string");
      }
      if (onOther && !isOtherKnown && !["string", "number", "boolean"].includes(typeof value)) {
        isOtherKnown = true;
        onOther();
      }
      const text = String(value);
      // setenv(3) rejects an empty name. Node ignores that error.
      if (name !== "") env[name] = text;
      if (name === "TZ") zone?.change(text);
      return true;
    },
    deleteProperty(env, name) {
      Reflect.deleteProperty(env, name);
      if (name === "TZ") zone?.change(undefined);
      return true;
    },
    defineProperty(env, name, descriptor) {
      const { configurable, enumerable, writable } = descriptor;
      const complaint =
        "get" in descriptor || "set" in descriptor
          ? "'process.env' does not accept an accessor(getter/setter) descriptor"
          : !configurable || !enumerable || !writable
            ? "'process.env' only accepts a configurable, writable, and enumerable data descriptor"
            : undefined;
      if (complaint !== undefined) {
        throw Object.assign(new TypeError(complaint), {
          code: "ERR_INVALID_OBJECT_DEFINE_PROPERTY",
        });
      }
      const value = String(descriptor.value);
      if (name === "TZ") zone?.change(value);
      return Reflect.defineProperty(env, name, { ...descriptor, value });
    },
  });
  environments.set(made, missing);
  return made;
}
