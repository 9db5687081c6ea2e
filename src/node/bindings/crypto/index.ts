/**
 * `internalBinding('crypto')` of a simulated process: the real native code, with randomness from the process's
 * seeded stream and without the thread pool. So Node's own `crypto` runs over it, streams, keys and Web
 * Crypto included.
 */
import { getCipherInfo } from "node:crypto";
import type { Realm } from "../../realm-types.ts";
import { createTlsContextNames } from "../tls/index.ts";
import { certificateNames } from "./certificates.ts";
import { exchanges } from "./exchanges.ts";
import { createJobMaker, nativeJob } from "./jobs.ts";
import { createKeyObjects, generation } from "./key-objects.ts";
import { keyPairKinds } from "./key-pairs.ts";
import {
  handlesOf,
  type KeyHandle,
  type NativeCrypto,
  nativeCrypto,
  privateKeyOf,
  exportPrivate,
} from "./native.ts";
import { randomness } from "./random.ts";
import { signing } from "./signing.ts";
import { LightconeError } from "../../../base/errors.ts";

/** Makes the binding of one process. */
export function createCryptoBinding(realm: Realm): object {
  const native = nativeCrypto();
  const prng = realm.prng.fork("crypto");
  const fill = (bytes: Uint8Array): void => prng.fill(bytes);
  const draw = (size: number): Buffer => {
    const drawn = Buffer.alloc(size);
    prng.fill(drawn);
    return drawn;
  };
  const make = createJobMaker(realm);
  const keys = createKeyObjects(native, draw);
  const binding: Record<string, unknown> = { ...native };
  for (const name of Object.keys(native)) {
    if (name.endsWith("Job")) binding[name] = nativeJob(make, name, native, keys.unwrap);
  }
  const own: Record<string, unknown> = {
    ...randomness(make, fill, draw),
    ...generation(native, make, keys, keyPairKinds(native, draw), draw),
    ...signing(native, make, draw),
    ...exchanges(native, draw),
    ...keys.names,
    ...certificateNames,
    ...ciphers(native, realm),
    ...machine(),
    parsePKCS12: (...args: unknown[]) => {
      const parse = native["parsePKCS12"] as (...given: unknown[]) => unknown[];
      const [key, ...certificates] = parse(...args);
      const handle = key
        ? handlesOf(exportPrivate(privateKeyOf(key as KeyHandle)), keys.Handle)
        : undefined;
      return [handle ? handle.privateHandle : key, ...certificates];
    },
    KEMEncapsulateJob: make("KEMEncapsulateJob", () => {
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        "crypto.encapsulate is not simulated",
        "Its randomness would come from the real machine, and differ from run to run.",
      );
    }),
  };
  // A program sees what its Node has.
  for (const [name, value] of Object.entries(own)) if (name in native) binding[name] = value;
  return Object.assign(binding, createTlsContextNames(realm));
}

/** A cipher with a password alone, which Node had until version 21; native code warns of it. */
function ciphers(native: NativeCrypto, realm: Realm): Record<string, unknown> {
  if (!("init" in native.CipherBase.prototype)) return {};
  class CipherBase extends native.CipherBase {
    readonly #encrypts: boolean;

    constructor(encrypts: boolean, ...rest: unknown[]) {
      super(encrypts, ...rest);
      this.#encrypts = encrypts;
    }

    init(cipher: string, ...rest: unknown[]): unknown {
      const base = native.CipherBase.prototype as { init(...args: unknown[]): unknown };
      if (this.#encrypts && ["ctr", "gcm", "ccm"].includes(getCipherInfo(cipher)?.mode ?? "")) {
        realm.process.emitWarning(`Use Cipheriv for counter mode of ${cipher}`);
      }
      return Reflect.apply(base.init, this, [cipher, ...rest]);
    }
  }
  return { CipherBase };
}

/** What belongs to the whole real process: its engines, its FIPS mode, its secure heap. */
function machine(): Record<string, unknown> {
  return {
    setEngine: () => false,
    getFipsCrypto: () => 0,
    setFipsCrypto: () => {},
    testFipsCrypto: () => false,
    getFipsCryptoGeneration: () => 0,
    setupFipsIndicatorChannel: () => {},
    secureHeapUsed: () => undefined,
    addBlockedSPKIForTesting: () => {},
    clearBlockedSPKIsForTesting: () => {},
  };
}
