/**
 * `URL.createObjectURL` during a run. `URL` is shared by all processes, but a blob and its URL
 * belong to one process. So these functions use the running process.
 */
import { currentProcess } from "./node-process.ts";
import type { Realm } from "./realm-types.ts";
import type { Guard } from "./views/guards.ts";

function running(): Realm {
  const realm = currentProcess()?.realm;
  if (realm === undefined) throw new Error("no process runs that could have object URLs");
  return realm;
}

function createObjectURL(blob: unknown): string {
  const realm = running();
  const { isBlob, kHandle } = realm.require("internal/blob");
  if (!isBlob(blob)) {
    const { codes } = realm.require("internal/errors");
    throw new codes.ERR_INVALID_ARG_TYPE("obj", "Blob", blob);
  }
  const { size, type } = blob as { size: number; type: string };
  const id: string = realm.requirePublic("crypto").randomUUID();
  const handle = (blob as Record<symbol, unknown>)[kHandle];
  realm.internalBinding("blob").storeDataObject(id, handle, size, type);
  return `blob:nodedata:${id}`;
}

function revokeObjectURL(...args: readonly unknown[]): void {
  const realm = running();
  if (args.length === 0) {
    const { codes } = realm.require("internal/errors");
    throw new codes.ERR_MISSING_ARGS("url");
  }
  realm.internalBinding("blob").revokeObjectURL(`${args[0] as string}`);
}

/** Returns the replacements of the two functions during a run. */
export function objectUrlGuards(): Guard[] {
  Object.defineProperty(revokeObjectURL, "length", { value: 1 });
  return [createObjectURL, revokeObjectURL].map((value) => ({
    owner: URL,
    name: value.name,
    descriptor: { value },
  }));
}
