/**
 * Tests of Node that change JavaScript's built-ins (`Object.prototype`, ...) change them for the whole
 * real process, since hosts share them. The worker that ran one is not used again.
 */

const names =
  "Object Function Array String Number Boolean Symbol Promise RegExp Map Set Error TypeError " +
  "RangeError Uint8Array ArrayBuffer DataView WeakMap JSON Reflect Buffer";

const world = globalThis as unknown as Record<string, object>;

const watched: readonly object[] = [globalThis].concat(
  names.split(" ").flatMap((name) => {
    const one = world[name] as typeof globalThis & { prototype?: typeof globalThis };
    return one.prototype === undefined ? [one] : [one, one.prototype];
  }),
);

/** What the built-ins look like: every own property and its value. */
function picture(): Map<object, Map<PropertyKey, unknown>> {
  return new Map(
    watched.map((one) => [
      one,
      new Map(
        Reflect.ownKeys(one).map((key) => {
          const descriptor = Object.getOwnPropertyDescriptor(one, key);
          return [key, descriptor?.value ?? descriptor?.get];
        }),
      ),
    ]),
  );
}

const before = picture();

/** Whether anything was added to, removed from or replaced in the built-ins since the start. */
export function builtinsAreSpoiled(): boolean {
  const now = picture();
  for (const [one, properties] of before) {
    const current = now.get(one) as Map<PropertyKey, unknown>;
    if (current.size !== properties.size) return true;
    for (const [key, value] of properties) {
      if (!Object.is(current.get(key), value)) return true;
    }
  }
  return false;
}
