/** `internalBinding('tls_wrap')`, and the TLS part of `internalBinding('crypto')`. */
import * as tls from "node:tls";
import type { Realm } from "../../realm-types.ts";
import type { StreamHandleLike } from "../parent-stream.ts";
import { extraRootTexts, replaceRoots, SecureContext, userRoots } from "./secure-context.ts";
import { TLSWrap } from "./wrap.ts";

/** Creates `tls_wrap` for one process. */
export function createTlsBinding(realm: Realm): object {
  // The library adds methods to the prototype, so each process has its own.
  class ProcessTLSWrap extends TLSWrap {}
  return {
    TLSWrap: ProcessTLSWrap,
    wrap: (
      handle: StreamHandleLike,
      context: SecureContext,
      isServer: boolean,
      previousWrites: boolean,
    ) => new ProcessTLSWrap(realm, handle, context, isServer, previousWrites),
    HAVE_SSL_TRACE: true,
  };
}

/** Returns the TLS names of `crypto`, for one process. */
export function createTlsContextNames(realm: Realm): Record<string, unknown> {
  const bundled = (): string[] => [...tls.rootCertificates];
  const { getCertificateCompressionAlgorithms } = tls as unknown as {
    getCertificateCompressionAlgorithms?: () => string[];
  };
  return {
    SecureContext: class extends SecureContext {
      constructor() {
        super(realm);
      }
    },
    getSSLCiphers: () => tls.getCiphers(),
    getRootCertificates: bundled,
    getBundledRootCertificates: bundled,
    getExtraCACertificates: () => extraRootTexts(realm),
    getSystemCACertificates: () => [],
    getUserRootCertificates: () => userRoots(realm),
    resetRootCertStore: (certs: readonly string[]) => replaceRoots(realm, certs),
    startLoadingCertificatesOffThread: () => {},
    getCertificateCompressionAlgorithms: () => getCertificateCompressionAlgorithms?.() ?? [],
    isExtraRootCertsFileLoaded: () => false,
  };
}
