/**
 * `node:buffer` of a simulated process: the real `Buffer`, which native code creates too and which
 * must be recognised everywhere, and the process's own `Blob` and `File`.
 */
import * as real from "node:buffer";
import { inspectedBytesProperty } from "../inspected-bytes.ts";
import type { Realm } from "../realm-types.ts";

/** The exports with state or a clock, by the library file that defines them. */
const own = { Blob: "internal/blob", File: "internal/file", resolveObjectURL: "internal/blob" };

const realModule = (real as unknown as { default: object }).default;
const { getOwnPropertyDescriptors } = Object;

/** Creates the module of one process. */
export function createBufferModule(realm: Realm): object {
  const module = Object.create(Object.prototype, getOwnPropertyDescriptors(realModule)) as object;
  for (const [name, id] of Object.entries(own)) {
    if (!(name in module)) continue;
    const become = (value: unknown): void => {
      const attributes = { configurable: true, enumerable: true, writable: true };
      Object.defineProperty(module, name, { ...attributes, value });
    };
    Object.defineProperty(module, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        const value: unknown = realm.require(id)[name];
        become(value);
        return value;
      },
      set: become,
    });
  }
  Object.defineProperty(module, "INSPECT_MAX_BYTES", inspectedBytesProperty());
  return module;
}
