/**
 * `process.env` of a simulated process: every value is a string. It is a proxy, which structured cloning
 * rejects. Code that packs messages uses `isEnvironment` to copy it first.
 */

const environments = new WeakSet<object>();

/** Returns whether `value` is the environment of a simulated process. */
export function isEnvironment(value: object): boolean {
  return environments.has(value);
}

/** Creates the environment. `onOther` is called once, for a value that is not a string, number or boolean. */
export function createEnvironment(
  entries: Readonly<Record<string, string>>,
  onOther: (() => void) | undefined,
): object {
  let isOtherKnown = false;
  const made = new Proxy({ ...entries } as Record<string, string>, {
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
      return Reflect.defineProperty(env, name, { ...descriptor, value: String(descriptor.value) });
    },
  });
  environments.add(made);
  return made;
}
