/**
 * What the files of a program see of their process, in addition to its modules: its global object
 * and its names.
 */
import type { Realm } from "../realm-types.ts";
import { makeRoomy } from "./prototypes.ts";
import { correctMessage } from "./source/messages.ts";
import { traceLimitOwner } from "./trace-limit.ts";

/** The scope of all files of one process. */
export interface ProgramScope {
  readonly global: object;
  /**
   * The same, for names that may not exist: reading one throws, and so does assigning it in strict
   * code.
   */
  readonly unknown: object;
  /** Returns `this` of a sloppy function. Without a receiver it is the global object. */
  readonly thisOf: (value: unknown) => unknown;
  readonly makeRoomy: typeof makeRoomy;
  readonly traceLimitOwner: typeof traceLimitOwner;
  readonly correctMessage: typeof correctMessage;
}

const realGlobal: unknown = globalThis;
const scopes = new WeakMap<Realm, ProgramScope>();

/** Returns the scope of a process. */
export function scopeOf(realm: Realm): ProgramScope {
  let scope = scopes.get(realm);
  if (scope === undefined) {
    const { global } = realm;
    scope = {
      global,
      unknown: new Proxy(global, unknownNames),
      thisOf: (value) => (value === realGlobal ? global : value),
      makeRoomy,
      traceLimitOwner,
      correctMessage,
    };
    scopes.set(realm, scope);
  }
  return scope;
}

/** The scope of code that all processes share: names are those of the process that runs. */
export const sharedScope: ProgramScope = {
  global: globalThis,
  unknown: globalThis,
  thisOf: (value) => value,
  makeRoomy,
  traceLimitOwner,
  correctMessage,
};

/** Returns the first arguments of a file's function, as `transform.ts` names them: those up to `import()`. */
export function scopeArguments(scope: ProgramScope): unknown[] {
  const { global, unknown, thisOf } = scope;
  return [
    ...[global, global, global, unknown, thisOf],
    ...[scope.makeRoomy, scope.traceLimitOwner, scope.correctMessage],
  ];
}

/**
 * Calls the function around a CommonJS file with these arguments and that of `import()`. They are not put into
 * a list first, since every process does this for every file.
 */
export function withScope<T>(
  make: (...scope: unknown[]) => T,
  scope: ProgramScope,
  dynamicImport: unknown,
): T {
  const { global, unknown, thisOf, correctMessage } = scope;
  return make(
    global,
    global,
    global,
    unknown,
    thisOf,
    scope.makeRoomy,
    scope.traceLimitOwner,
    correctMessage,
    dynamicImport,
  );
}

const unknownNames: ProxyHandler<object> = {
  get(global, name) {
    if (!(name in global)) throw new ReferenceError(`${String(name)} is not defined`);
    return (global as Record<PropertyKey, unknown>)[name];
  },
  set(global, name, value) {
    if (!(name in global)) throw new ReferenceError(`${String(name)} is not defined`);
    (global as Record<PropertyKey, unknown>)[name] = value;
    return true;
  },
};
