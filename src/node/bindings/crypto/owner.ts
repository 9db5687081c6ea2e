/**
 * Whose code runs. The classes of `internalBinding('crypto')` are one for all processes, since making some thirty
 * of them would be most of what it costs a process to load `node:crypto`. What they do is done for the process
 * that calls: in its context, from its stream, at its time.
 */
import type { Prng } from "../../../base/prng.ts";
import type { Realm } from "../../realm-types.ts";

/** What a process has of its own. */
export interface Owner {
  readonly realm: Realm;
  readonly prng: Prng;
  /** Its library's class of Web Crypto's keys. */
  cryptoKeyClass?: new (...args: unknown[]) => object;
  /** It was warned of a short tag. */
  warned: boolean;
}

let find: () => Realm | undefined = () => undefined;
const owners = new WeakMap<Realm, Owner>();

/** Says how to find the process whose code runs. */
export function setRealmFinder(finder: () => Realm | undefined): void {
  find = finder;
}

/** The process whose code runs. */
export function owner(): Owner {
  const realm = find();
  if (!realm) throw new TypeError("crypto is used outside of a process");
  let own = owners.get(realm);
  if (!own) {
    own = { realm, prng: realm.prng.fork("crypto"), warned: false };
    owners.set(realm, own);
  }
  return own;
}

/** Fills memory from the stream of the process whose code runs. */
export function fill(bytes: Uint8Array): void {
  owner().prng.fill(bytes);
}

/** Draws bytes from the stream of the process whose code runs. */
export function draw(size: number): Buffer {
  const drawn = Buffer.alloc(size);
  fill(drawn);
  return drawn;
}
