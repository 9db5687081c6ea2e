/**
 * `internal/crypto/x509` for a simulated process: certificates hold no state of a process, so that the
 * real class serves. What the library makes of a native handle is the certificate itself.
 */
import { X509Certificate } from "node:crypto";

/** Makes the module. */
export function x509Module(): object {
  return {
    X509Certificate,
    InternalX509Certificate: function InternalX509Certificate(certificate: object): object {
      return certificate;
    },
    isX509Certificate: (value: unknown) => value instanceof X509Certificate,
  };
}
