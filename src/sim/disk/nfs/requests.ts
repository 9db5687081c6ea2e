/**
 * How a client's requests reach the server: how long each takes, and what happens when no answer comes. A hard mount
 * waits for the answer, however long; a soft one gives up after a while with `EIO` (nfs(5)).
 *
 * A program cannot be stopped in the middle of a synchronous call. Such a call takes effect at once where its request
 * arrives or will arrive, and takes until the server is back; an asynchronous one is made again later.
 */
import type { Prng } from "../../../base/prng.ts";
import { MS, SECOND } from "../../../base/units.ts";
import type { Host } from "../../host.ts";
import { fail } from "../errno.ts";

/** What a request to the server, and its reply, meet now. */
export interface ServerPath {
  readonly requestArrives: boolean;
  readonly replyArrives: boolean;
  /** How long both take, if they arrive. */
  readonly tripNs: number;
  /** If not: when they may arrive again, in nanoseconds since the start of the run; `Infinity` if never. */
  readonly untilNs: number;
}

/** How the server is reached. */
export interface ServerPort {
  path(bytes: number): ServerPath;
}

/** Thrown in place of an answer where a call can be made again later. */
export class Unanswered {
  readonly retryNs: number;

  constructor(retryNs: number) {
    this.retryNs = retryNs;
  }
}

/** Who waits for an answer: a call that can be made again, since when; or one that cannot. */
export interface Patience {
  /** When the call was made first. */
  sinceNs: number;
}

/** How a mount treats a server that does not answer. */
export interface Mounting {
  readonly hard: boolean;
  /** After how long a soft mount gives up. */
  readonly timeoutNs: number;
}

/** What faults do to the requests of a client. */
export interface RequestTrouble {
  /** The server does not answer this client until then; 0 if it does. */
  silentUntilNs: number;
  /** The share of the requests whose reply is lost, and that the server carries out again. */
  repeats: number;
}

/** No call waits longer than a day: no run lasts as long. */
const WAIT_MAX_NS = 86_400 * SECOND;
/** A client asks again at least this often. */
const RETRY_NS = SECOND;
/** The time that a new connection takes, after which a request is sent again. */
const RECONNECT_NS = 200 * MS;

/** The requests of one mount. */
export class Requests {
  readonly trouble: RequestTrouble = { silentUntilNs: 0, repeats: 0 };
  /** The call that may be made again later, while it runs. */
  patience: Patience | undefined;
  /** How long the process that calls has computed in its turn before. */
  aheadNs = 0;
  /** How many requests have waited for an answer, and how many were carried out twice. */
  waits = 0;
  repeated = 0;
  #spentNs = 0;
  readonly #host: Host;
  readonly #port: ServerPort;
  readonly #mounting: Mounting;
  readonly #prng: Prng;

  constructor(host: Host, port: ServerPort, mounting: Mounting, prng: Prng) {
    this.#host = host;
    this.#port = port;
    this.#mounting = mounting;
    this.#prng = prng;
  }

  /** The time for the process that calls, in nanoseconds since the start of the run. */
  get nowNs(): number {
    return this.#host.kernel.nowNs + this.aheadNs + this.#spentNs;
  }

  /** The time that requests have taken since the last call. */
  takeSpentNs(): number {
    const ns = this.#spentNs;
    this.#spentNs = 0;
    return ns;
  }

  /** Has the server do something. `bytes`: what is sent or received beside the usual. */
  send<T>(bytes: number, action: () => T): T {
    this.#host.sealed?.refuse("a child that uses a shared disk");
    const { nowNs } = this;
    const path = this.#port.path(bytes);
    const { silentUntilNs } = this.trouble;
    const isSilent = silentUntilNs > nowNs;
    const isCut = !(path.requestArrives && path.replyArrives) && path.untilNs > nowNs;
    if (!isCut && !isSilent) {
      this.#spentNs += path.tripNs;
      return action();
    }
    this.waits++;
    const sinceNs = this.patience?.sinceNs ?? nowNs;
    const untilNs = Math.max(isCut ? path.untilNs : 0, silentUntilNs);
    const { hard, timeoutNs } = this.#mounting;
    const givesUp = !hard && untilNs - sinceNs > timeoutNs;
    const leftNs = (givesUp ? sinceNs + timeoutNs : untilNs) - nowNs;
    if (this.patience && leftNs > 0) throw new Unanswered(Math.min(leftNs, RETRY_NS));
    this.#spentNs += Math.max(0, Math.min(leftNs, WAIT_MAX_NS));
    if (!givesUp) return action();
    // What the server did without an answer is done all the same.
    if (path.requestArrives && !isSilent) action();
    return fail("EIO");
  }

  /**
   * As {@link send}, for what cannot be done twice, such as removing a name. Now and then a fault has the reply lost and the
   * server carry out the request again, as one whose cache of replies was lost or too small.
   */
  sendOnce<T>(action: () => T, onRepeat: () => void): T {
    return this.send(0, () => {
      const result = action();
      const { repeats } = this.trouble;
      if (repeats === 0 || !(repeats === 1 || this.#prng.chance(repeats))) return result;
      this.repeated++;
      this.#spentNs += RECONNECT_NS;
      onRepeat();
      return action();
    });
  }
}
