/** Frames that a session has sent and the peer has not acknowledged yet. */
import type { Realm } from "../../realm-types.ts";
import type { CallbackScope } from "../stream-base.ts";

/**
 * A PING or SETTINGS frame that awaits its acknowledgement. It is a resource of its own in
 * `async_hooks`.
 */
export class Pending {
  readonly callback: unknown;
  readonly startNs: number;
  readonly #realm: Realm;
  readonly #asyncId: number;

  constructor(realm: Realm, type: string, callback: unknown) {
    this.#realm = realm;
    this.callback = callback;
    this.startNs = realm.context.process.readMonotonicNs();
    this.#asyncId = realm.context.async.register(this, type);
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  /** Milliseconds since it was sent. */
  get elapsedMs(): number {
    return (this.#realm.context.process.readMonotonicNs() - this.startNs) / 1e6;
  }

  done(scope: CallbackScope, ...args: readonly unknown[]): void {
    scope.call(this, this.callback, args);
    this.#realm.internalBinding("async_wrap").queueDestroyAsyncId(this.#asyncId);
  }
}
