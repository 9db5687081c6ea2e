/**
 * The native half of `X509Certificate`: a certificate that the real Node has parsed. It also knows
 * its issuer, if the issuer was part of a handshake. It has no state, so all processes share the
 * class; Node's library derives each process's own class from it.
 */
import { X509Certificate } from "node:crypto";
import { realInternalModule } from "../../lib/internals.ts";

type Method = (this: object, ...args: unknown[]) => unknown;
type HandleClass = new (input: unknown) => object;

const natives = new WeakMap<object, object>();
const issuers = new WeakMap<object, object>();

/**
 * The object that real native code works on: the certificate itself in later versions, a handle
 * that it holds in earlier ones.
 */
function nativeOf(certificate: X509Certificate): object {
  const { kHandle } = realInternalModule("internal/crypto/util") as { kHandle?: symbol };
  const held = kHandle && (certificate as unknown as Record<symbol, object | undefined>)[kHandle];
  return held ?? certificate;
}

/** The prototype that has the real methods. */
function nativePrototype(certificate: () => X509Certificate): object {
  const { InternalX509Certificate } = realInternalModule("internal/crypto/x509");
  const base = Object.getPrototypeOf(InternalX509Certificate) as { prototype?: object };
  if (base.prototype && "getIssuerCert" in base.prototype) return base.prototype;
  return Object.getPrototypeOf(nativeOf(certificate())) as object;
}

let shared: HandleClass | undefined;

/**
 * The class of handles. `certificate` returns any certificate; earlier versions need one to find
 * the methods of a handle.
 */
function handleClass(certificate: () => X509Certificate): HandleClass {
  if (shared) return shared;
  class CertificateHandle {
    constructor(input: unknown) {
      const given = ArrayBuffer.isView(input) ? new X509Certificate(input as Buffer) : input;
      const native = given instanceof X509Certificate ? nativeOf(given) : (given as object);
      natives.set(this, natives.get(native) ?? native);
      const issuer = issuers.get(native);
      if (issuer) issuers.set(this, issuer);
    }
  }
  const { prototype } = CertificateHandle as unknown as { prototype: Record<string, Method> };
  const real = Object.getOwnPropertyDescriptors(nativePrototype(certificate));
  for (const [name, { value }] of Object.entries(real)) {
    if (name === "constructor" || typeof value !== "function") continue;
    prototype[name] = function (...args) {
      if (name === "getIssuerCert" && issuers.has(this)) return issuers.get(this);
      const given = args.map((arg) => natives.get(arg as object) ?? arg);
      return Reflect.apply(value as Method, natives.get(this) as object, given);
    };
  }
  return (shared = CertificateHandle);
}

/**
 * The handle that native code passes to Node's library for a certificate, with the issuers that
 * came with it.
 */
export function certificateHandle(chain: readonly X509Certificate[]): object | undefined {
  let above: object | undefined;
  for (const certificate of chain.toReversed()) {
    const handle = new (handleClass(() => certificate))(certificate);
    if (above) issuers.set(handle, above);
    above = handle;
  }
  return above;
}

/** The names of the binding that concern certificates. */
export const certificateNames: Record<string, unknown> = {
  parseX509: (bytes: Uint8Array) => certificateHandle([new X509Certificate(bytes)]),
  isX509Certificate: (value: object) => natives.has(value),
  createX509CertificateClass: (create: (base: HandleClass) => unknown) =>
    create(
      handleClass(() => {
        throw new TypeError("this version makes handles of its own");
      }),
    ),
};
