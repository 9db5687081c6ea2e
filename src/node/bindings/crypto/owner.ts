/**
 * Identifies the process whose code runs. The classes of `internalBinding('crypto')` are shared by
 * all processes, since creating about thirty of them would be most of the cost of loading
 * `node:crypto` in a process. Their methods act for the calling process: in its context, from its
 * stream, at its time.
 */
import type { Prng } from "../../../base/prng.ts";
import { Buffer } from "node:buffer";
import type { Realm } from "../../realm-types.ts";

/** State that belongs to one process. */
export interface Owner {
  readonly realm: Realm;
  readonly prng: Prng;
  /** The class of Web Crypto's keys in its library. */
  cryptoKeyClass?: new (...args: unknown[]) => object;
  /** True once it was warned of a short tag. */
  warned: boolean;
}

let find: () => Realm | undefined = () => undefined;
const owners = new WeakMap<Realm, Owner>();

/** Sets the function that finds the process whose code runs. */
export function setRealmFinder(finder: () => Realm | undefined): void {
  find = finder;
}

/** Returns the process whose code runs. */
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
