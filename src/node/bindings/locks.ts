/**
 * `internalBinding('locks')`: the implementation behind `navigator.locks`. A process's threads
 * share one set of locks. A request waits for those before it, and a thread that ends releases its
 * locks.
 */
import type { Host } from "../../sim/host.ts";
import type { Process } from "../../sim/process.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";

/** The time until another thread learns that a lock is free. */
const WAKE_NS = 5_000;

const LOCK_STOLEN_ERROR = "LOCK_STOLEN";

interface LockInfo {
  readonly name: string;
  readonly mode: string;
  readonly clientId: string;
}

interface Request extends LockInfo {
  readonly process: Process;
  readonly callback: (lock: LockInfo | null) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The locks of one process. */
class Locks {
  held: Request[] = [];
  pending: Request[] = [];
  readonly #watched = new WeakSet<Process>();

  request(request: Request, steal: boolean, ifAvailable: boolean): void {
    this.#watch(request.process);
    if (steal) {
      const stolen = this.held.filter(({ name }) => name === request.name);
      this.held = this.held.filter(({ name }) => name !== request.name);
      for (const { reject } of stolen) reject(new Error(LOCK_STOLEN_ERROR));
      this.#grant(request);
    } else if (ifAvailable && !this.#isFree(request, this.pending)) {
      this.#call(request, null, () => {});
    } else {
      this.pending.push(request);
      this.#process(request.process);
    }
  }

  /** Returns whether a request can be granted, given the requests before it. */
  #isFree({ name, mode }: Request, before: readonly Request[]): boolean {
    if (before.some((other) => other.name === name)) return false;
    return !this.held.some(
      (other) => other.name === name && (mode === "exclusive" || other.mode === "exclusive"),
    );
  }

  /** Grants what can be granted, in order. Another thread is notified in a turn of its own. */
  #process(current: Process): void {
    const waiting: Request[] = [];
    const granted: Request[] = [];
    for (const request of this.pending) {
      if (!this.#isFree(request, waiting)) {
        waiting.push(request);
        continue;
      }
      this.held.push(request);
      granted.push(request);
    }
    this.pending = waiting;
    for (const request of granted) {
      if (request.process === current) this.#begin(request);
      else request.process.schedule(WAKE_NS, Kind.internal, () => this.#begin(request), undefined);
    }
  }

  #grant(request: Request): void {
    this.held.push(request);
    this.#begin(request);
  }

  /** Runs the holder's callback. The lock is released when the callback is done. */
  #begin(request: Request): void {
    const { name, mode, clientId } = request;
    this.#call(request, { name, mode, clientId }, () => {
      this.held = this.held.filter((other) => other !== request);
      this.#process(request.process);
    });
  }

  #call({ callback, resolve, reject }: Request, lock: LockInfo | null, over: () => void): void {
    const settle = (tell: (value: unknown) => void) => (value: unknown) => {
      over();
      tell(value);
    };
    let result: unknown;
    try {
      result = callback(lock);
    } catch (thrown) {
      settle(reject)(thrown);
      return;
    }
    void Promise.resolve(result).then(settle(resolve), settle(reject));
  }

  #watch(process: Process): void {
    if (this.#watched.has(process)) return;
    this.#watched.add(process);
    process.onEnd.add(() => {
      const isOther = (request: Request): boolean => request.process !== process;
      this.held = this.held.filter(isOther);
      this.pending = this.pending.filter(isOther);
      this.#process(process);
    });
  }

  query(): { held: LockInfo[]; pending: LockInfo[] } {
    const tell = ({ name, mode, clientId }: Request): LockInfo => ({ name, mode, clientId });
    return { held: this.held.map(tell), pending: this.pending.map(tell) };
  }
}

const known = new WeakMap<Host, Map<number, Locks>>();

function locksOf({ host, pid }: Process): Locks {
  let own = known.get(host);
  if (own === undefined) known.set(host, (own = new Map()));
  let locks = own.get(pid);
  if (locks === undefined) own.set(pid, (locks = new Locks()));
  return locks;
}

/** Creates the binding of one process. */
export function createLocksBinding({ process }: BindingContext): object {
  const locks = locksOf(process);
  return {
    LOCK_MODE_SHARED: "shared",
    LOCK_MODE_EXCLUSIVE: "exclusive",
    LOCK_STOLEN_ERROR,
    request: (
      name: string,
      clientId: string,
      mode: string,
      steal: boolean,
      ifAvailable: boolean,
      callback: Request["callback"],
    ) =>
      new Promise((resolve, reject) => {
        const request = { name, clientId, mode, callback, process, resolve, reject };
        locks.request(request, steal, ifAvailable);
      }),
    query: () => Promise.resolve(locks.query()),
  };
}
