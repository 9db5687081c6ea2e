/**
 * `node:buffer` of a simulated process: the real `Buffer`, which native code makes too and which must be
 * known everywhere, beside the process's own `Blob` and `File`.
 */
import * as real from "node:buffer";
import type { Realm } from "../realm-types.ts";

/** Makes the module of one process. */
export function createBufferModule(realm: Realm): object {
  const module = Object.create(
    Object.prototype,
    Object.getOwnPropertyDescriptors((real as unknown as { default: object }).default),
  ) as object;
  for (const [name, id] of [
    ["Blob", "internal/blob"],
    ["File", "internal/file"],
  ] as const) {
    Object.defineProperty(module, name, {
      configurable: true,
      enumerable: true,
      get: () => realm.require(id)[name],
    });
  }
  return module;
}
