/**
 * Certificates: parsing them, and verifying a chain as OpenSSL does. In Node, no check of OpenSSL's
 * fails a handshake by itself; the program receives the last problem found. So all checks run, in
 * OpenSSL's order.
 */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { Revocations } from "./revocations.ts";

/** The problems of a chain, by OpenSSL's names. */
export type VerifyCode =
  | "UNABLE_TO_GET_ISSUER_CERT"
  | "CERT_SIGNATURE_FAILURE"
  | "CERT_NOT_YET_VALID"
  | "CERT_HAS_EXPIRED"
  | "DEPTH_ZERO_SELF_SIGNED_CERT"
  | "SELF_SIGNED_CERT_IN_CHAIN"
  | "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
  | "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
  | "CERT_REVOKED"
  | "UNABLE_TO_GET_CRL"
  | "INVALID_CA"
  | "INVALID_PURPOSE";

const words: Readonly<Record<VerifyCode, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  CERT_SIGNATURE_FAILURE: "certificate signature failure",
  CERT_NOT_YET_VALID: "certificate is not yet valid",
  CERT_HAS_EXPIRED: "certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate",
  CERT_REVOKED: "certificate revoked",
  UNABLE_TO_GET_CRL: "unable to get certificate CRL",
  INVALID_CA: "invalid CA certificate",
  INVALID_PURPOSE: "unsuitable certificate purpose",
};

/** Since Node 24, the messages of these include advice. */
const advised = new Set<VerifyCode>([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
]);
const advises = Number(process.versions.node.split(".")[0]) >= 24;

/** Returns the error that a program sees. */
export function verifyError(code: VerifyCode): Error {
  const advice =
    advises && advised.has(code)
      ? "; if the root CA is installed locally, try running Node.js with --use-system-ca"
      : "";
  return Object.assign(new Error(words[code] + advice), { code });
}

const parsed = new Map<string, readonly X509Certificate[]>();
const PARSED_MAX = 512;
const PEM_BLOCK =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/**
 * Returns the certificates of a PEM text. Parsing is pure, so its results are shared by all
 * processes.
 */
export function parseCertificates(pem: string): readonly X509Certificate[] {
  let certificates = parsed.get(pem);
  if (!certificates) {
    certificates = (pem.match(PEM_BLOCK) ?? []).map((block) => new X509Certificate(block));
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(pem, certificates);
  }
  return certificates;
}

const byRaw = new Map<string, X509Certificate>();

/** Returns a certificate from its DER bytes. */
export function certificateOf(der: Uint8Array): X509Certificate {
  const key = Buffer.from(der.buffer, der.byteOffset, der.length).toString("latin1");
  let certificate = byRaw.get(key);
  if (!certificate) {
    certificate = new X509Certificate(der);
    if (byRaw.size >= PARSED_MAX) byRaw.clear();
    byRaw.set(key, certificate);
  }
  return certificate;
}

/** The authorities that one side trusts. */
export interface TrustStore {
  /** Returns the trusted certificates with this subject. */
  find(subject: string): readonly X509Certificate[];
  readonly allowPartialChain: boolean;
  /** The revocation lists. If it is empty, nothing is checked. */
  readonly revoked: readonly Revocations[];
}

/** The purpose that a chain is checked for. */
export type Purpose = "server" | "client";

const PURPOSE_OID: Readonly<Record<Purpose, string>> = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
};

function selfIssued(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate);
}

const signatures = new Map<string, boolean>();

/**
 * Returns whether `issuer` signed `certificate`. The check is pure and expensive, so results are
 * cached.
 */
function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const key = `${certificate.fingerprint256} ${issuer.fingerprint256}`;
  let holds = signatures.get(key);
  if (holds === undefined) {
    try {
      holds = certificate.verify(issuer.publicKey);
    } catch {
      holds = false;
    }
    if (signatures.size >= PARSED_MAX) signatures.clear();
    signatures.set(key, holds);
  }
  return holds;
}

/** A chain from the leaf up, and the index from which it is trusted. */
interface BuiltChain {
  readonly chain: readonly X509Certificate[];
  readonly trusted: boolean;
}

/** Builds a chain from a leaf to a trusted certificate, as far as possible. */
export function buildChain(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  store: TrustStore,
): BuiltChain {
  const chain = [leaf];
  const same = (a: X509Certificate) => (b: X509Certificate) =>
    a.fingerprint256 === b.fingerprint256;
  const isTrusted = (certificate: X509Certificate): boolean =>
    store.find(certificate.subject).some(same(certificate));
  for (;;) {
    const last = chain.at(-1) as X509Certificate;
    if (selfIssued(last)) return { chain, trusted: isTrusted(last) };
    if (store.allowPartialChain && isTrusted(last)) return { chain, trusted: true };
    const issuers = [...store.find(last.issuer), ...others];
    const next = issuers.find((issuer) => last.checkIssued(issuer) && !chain.some(same(issuer)));
    if (!next) return { chain, trusted: false };
    chain.push(next);
  }
}

/** Returns the last problem of a chain, or `undefined`. `nowMs` is the host's wall clock. */
export function verifyChain(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  store: TrustStore,
  purpose: Purpose,
  nowMs: number,
): VerifyCode | undefined {
  const { chain, trusted } = buildChain(leaf, others, store);
  const top = chain.at(-1) as X509Certificate;
  let problem: VerifyCode | undefined;
  if (!trusted) {
    if (!selfIssued(top)) problem = "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
    else problem = chain.length === 1 ? "DEPTH_ZERO_SELF_SIGNED_CERT" : "SELF_SIGNED_CERT_IN_CHAIN";
  }
  const uses = leaf.keyUsage as readonly string[] | undefined;
  if (uses && uses.length > 0 && !uses.includes(PURPOSE_OID[purpose])) problem = "INVALID_PURPOSE";
  for (const issuer of chain.slice(1)) if (!canIssue(issuer)) problem = "INVALID_CA";
  if (store.revoked.length > 0) {
    const lists = store.revoked.filter(({ issuer }) => leaf.raw.includes(issuer));
    if (lists.length === 0) problem = "UNABLE_TO_GET_CRL";
    else if (lists.some(({ serials }) => serials.has(leaf.serialNumber))) problem = "CERT_REVOKED";
  }
  if (!trusted && chain.length === 1 && !selfIssued(top)) {
    return "UNABLE_TO_VERIFY_LEAF_SIGNATURE";
  }
  for (let i = chain.length - 1; i >= 0; i--) {
    const certificate = chain[i] as X509Certificate;
    const issuer = chain[i + 1];
    if (issuer && !signedBy(certificate, issuer)) problem = "CERT_SIGNATURE_FAILURE";
    if (nowMs < Date.parse(certificate.validFrom)) problem = "CERT_NOT_YET_VALID";
    if (nowMs > Date.parse(certificate.validTo)) problem = "CERT_HAS_EXPIRED";
  }
  return problem;
}

/**
 * Returns whether a certificate is an authority's. Old self-signed ones of version 1 are accepted.
 */
function canIssue(certificate: X509Certificate): boolean {
  return certificate.ca || selfIssued(certificate);
}

/**
 * Returns the object that native code passes to the library, which parses the access information
 * itself.
 */
function rawLegacyObject(certificate: X509Certificate): {
  issuerCertificate?: object;
  infoAccess?: unknown;
} {
  const object = certificate.toLegacyObject() as {
    infoAccess?: unknown;
    issuerCertificate?: object;
  };
  if (object.infoAccess !== undefined) object.infoAccess = certificate.infoAccess;
  return object;
}

/**
 * Returns a certificate, with its issuers as far as they are known, in the form of
 * `getPeerCertificate`.
 */
export function legacyObject(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  store: TrustStore | undefined,
): object {
  const chain = store ? buildChain(leaf, others, store).chain : [leaf];
  const objects = chain.map(rawLegacyObject);
  objects.forEach((object, i) => {
    const above = objects[i + 1];
    if (above) object.issuerCertificate = above;
    else if (selfIssued(chain[i] as X509Certificate)) object.issuerCertificate = object;
  });
  return objects[0] as object;
}
