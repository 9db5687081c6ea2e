/**
 * Rejected promises of one process. V8 reports them to the real process, `simulate` passes them on to
 * the process whose code ran, and Node's own file `internal/process/promises`, of that process, applies
 * the rules: the events, the warnings and the modes of `--unhandled-rejections`.
 */
import { noteRejection } from "./rejection-frames.ts";

/** V8's kinds of reports, numbered as in V8's `PromiseRejectEvent`. */
export const promiseRejectEvents = {
  kPromiseRejectWithNoHandler: 0,
  kPromiseHandlerAddedAfterReject: 1,
  kPromiseRejectAfterResolved: 2,
  kPromiseResolveAfterResolved: 3,
} as const;

type Handler = (type: number, promise: Promise<unknown>, reason: unknown) => void;

/** The rejection reasons that are not errors, by the error that Node creates for each. */
const reasons = new WeakMap<object, { readonly value: unknown }>();

/**
 * Returns a promise's rejection reason if `thrown` is the error that represents a reason that is
 * not an error.
 */
export function rejectionReason(thrown: unknown): { readonly value: unknown } | undefined {
  return typeof thrown === "object" && thrown !== null ? reasons.get(thrown) : undefined;
}

/** The reports for one process. */
export class ProcessRejections {
  #handler: Handler | undefined;
  /** Rejections that Node's file has not finished with, in the order in which it comes to them. */
  readonly #open = new Map<Promise<unknown>, unknown>();

  /** What `internalBinding('task_queue')` has for rejections. */
  get binding(): object {
    return {
      promiseRejectEvents,
      setPromiseRejectCallback: (handler: Handler) => {
        this.#handler = handler;
      },
    };
  }

  /** V8 reports that a promise was rejected without a handler. */
  rejected(reason: unknown, promise: Promise<unknown>): void {
    this.#open.set(promise, reason);
    this.#handler?.(promiseRejectEvents.kPromiseRejectWithNoHandler, promise, reason);
  }

  /** V8 reports that a rejected promise got its handler late. */
  handled(promise: Promise<unknown>): void {
    this.#open.delete(promise);
    this.#handler?.(promiseRejectEvents.kPromiseHandlerAddedAfterReject, promise, undefined);
  }

  /** Called with the exception that Node's file makes of a rejection, before it is handled. */
  becomes(thrown: unknown): void {
    const isStandIn = (thrown as { code?: unknown } | null)?.code === "ERR_UNHANDLED_REJECTION";
    for (const [promise, reason] of this.#open) {
      if (reason !== thrown && !(isStandIn && !hasStack(reason))) continue;
      if (reason !== thrown) reasons.set(thrown as object, { value: reason });
      noteRejection(thrown, promise);
      this.#open.delete(promise);
      return;
    }
  }

  /** Called when the ticks are done: nothing is open. */
  finish(): void {
    if (this.#open.size > 0) this.#open.clear();
  }
}

/** Returns whether Node takes a reason for an error. */
function hasStack(reason: unknown): boolean {
  if (typeof reason !== "object" || reason === null) return false;
  try {
    return Object.hasOwn(reason, "stack");
  } catch {
    return true;
  }
}
