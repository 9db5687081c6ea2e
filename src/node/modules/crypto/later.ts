/** Asynchronous work that is done at once and completes at a virtual time: there is no thread pool. */
import { Kind } from "../../../trace/kinds.ts";
import type { Realm } from "../../realm-types.ts";

/** A callback in Node's style. */
export type Callback = (error: Error | null, ...values: unknown[]) => void;

/** Does `work` now and tells `callback` after `delayNs` of virtual time. */
export type Later = (callback: Callback, work: () => unknown, delayNs?: number) => void;

/** What a derivation of a key costs in virtual time; the real cost depends on the machine. */
const JOB_NS = 1_000_000;

/** Makes `later` for one process. */
export function createLater({ context }: Realm): Later {
  const { process, loop } = context;
  return (callback, work, delayNs = JOB_NS) => {
    let error: Error | null = null;
    let result: unknown;
    try {
      result = work();
    } catch (thrown) {
      error = thrown as Error;
    }
    const request = {};
    context.async.register(request, "RANDOMBYTESREQUEST");
    loop.retain();
    const finish = (): void => {
      loop.release();
      context.async.makeCallback(request, callback, error ? [error] : [null, result]);
    };
    process.schedule(delayNs, Kind.completion, finish, undefined);
  };
}

/** The bytes behind a view or a buffer. */
export function bytesOf(source: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
