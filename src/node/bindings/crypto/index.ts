/**
 * `internalBinding('crypto')` of a simulated process: the real native code, with randomness from
 * the process's seeded stream and without the thread pool. Node's own `crypto` runs on top of it,
 * including streams, keys and Web Crypto.
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
  clearNativeErrors,
  handlesOf,
  type KeyHandle,
  type NativeCrypto,
  nativeCrypto,
  privateKeyOf,
  exportPrivate,
} from "./native.ts";
import { draw, fill, owner } from "./owner.ts";
import { randomness } from "./random.ts";
import { signing } from "./signing.ts";
import { LightconeError } from "../../../base/errors.ts";

let shared: object | undefined;

/** Creates the binding of one process. */
export function createCryptoBinding(realm: Realm): object {
  shared ??= createShared();
  // The TLS part belongs to the process.
  return Object.assign(Object.create(shared), createTlsContextNames(realm)) as object;
}

/** Creates the stateless part that all processes share. */
function createShared(): object {
  const native = nativeCrypto();
  const make = createJobMaker();
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
    ...ciphers(native),
    ...machine(),
    ...challenges(native),
    parsePKCS12: (...args: unknown[]) => {
      const parse = native["parsePKCS12"] as (...given: unknown[]) => unknown[];
      const [key, ...certificates] = parse(...args);
      const handle = key
        ? handlesOf(exportPrivate(privateKeyOf(key as KeyHandle)), keys.Handle)
        : undefined;
      return [handle ? handle.privateHandle : key, ...certificates];
    },
    // It is the work that fails: Web Crypto would put an error of its own in the place of another one.
    KEMEncapsulateJob: make("KEMEncapsulateJob", () => () => {
      throw new LightconeError(
        "LC_NOT_SIMULATED",
        "crypto.encapsulate is not simulated",
        "Its randomness would come from the real machine, and differ from run to run.",
      );
    }),
  };
  // A program sees only the names that its version of Node has.
  for (const [name, value] of Object.entries(own)) if (name in native) binding[name] = value;
  return binding;
}

function modeOf(cipher: unknown): string | undefined {
  return getCipherInfo(cipher as string)?.mode;
}

const SHORT_TAG =
  "Using AES-GCM authentication tags of less than 128 bits without specifying the authTagLength " +
  "option when initializing decryption is deprecated.";
const FULL_TAG_BYTES = 16;

/**
 * Ciphers for which native code emits warnings through the process: a cipher with only a password,
 * or a short tag.
 */
function ciphers(native: NativeCrypto): Record<string, unknown> {
  const real = native.CipherBase.prototype as Record<
    string,
    ((...args: unknown[]) => unknown) | undefined
  >;
  class CipherBase extends native.CipherBase {
    readonly encrypts: boolean;
    readonly #given: readonly unknown[];

    constructor(encrypts: boolean, ...given: unknown[]) {
      super(encrypts, ...given);
      this.encrypts = encrypts;
      this.#given = given;
    }

    setAuthTag(tag: ArrayBufferView | ArrayBuffer, ...rest: unknown[]): unknown {
      const result = Reflect.apply(real["setAuthTag"] as () => unknown, this, [tag, ...rest]);
      const [cipher, , , tagLength] = this.#given;
      const isShort = tagLength === -1 && tag.byteLength !== FULL_TAG_BYTES;
      const own = owner();
      if (!own.warned && result === true && isShort && modeOf(cipher) === "gcm") {
        own.warned = true;
        own.realm.process.emitWarning(SHORT_TAG, "DeprecationWarning", "DEP0182");
      }
      return result;
    }
  }
  // Node has this until version 21.
  if (real["init"]) {
    Object.defineProperty(CipherBase.prototype, "init", {
      value: function init(this: CipherBase, cipher: string, ...rest: unknown[]): unknown {
        if (this.encrypts && ["ctr", "gcm", "ccm"].includes(modeOf(cipher) ?? "")) {
          owner().realm.process.emitWarning(`Use Cipheriv for counter mode of ${cipher}`);
        }
        return Reflect.apply(real["init"] as () => unknown, this, [cipher, ...rest]);
      },
    });
  }
  return { CipherBase };
}

/** Signed public keys and challenges. Their native code leaves its errors in OpenSSL's queue. */
function challenges(native: NativeCrypto): Record<string, unknown> {
  const names = ["certVerifySpkac", "certExportPublicKey", "certExportChallenge"] as const;
  return Object.fromEntries(
    names.map((name) => [
      name,
      (...args: unknown[]): unknown => {
        const result = (native[name] as (...given: unknown[]) => unknown)(...args);
        clearNativeErrors();
        return result;
      },
    ]),
  );
}

/** State of the whole real process: its engines, its FIPS mode, its secure heap. */
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
