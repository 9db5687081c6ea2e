/**
 * `SecureContext` of `internalBinding('crypto')`: keys, certificates, trusted authorities, and
 * ciphers. A real context checks everything that a program passes, so its errors are OpenSSL's own.
 * The data that the simulated handshake needs is stored beside it.
 */
import { Buffer } from "node:buffer";
import type { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import type { Realm } from "../../realm-types.ts";
import { certificateOf, parseCertificates, type TrustStore } from "./certificates.ts";
import { type Cipher, defaultSuites, parseCiphers, parseSuites } from "./ciphers.ts";
import { dhParamBits } from "./groups.ts";
import { readRevocations, type Revocations } from "./revocations.ts";

/** The methods of the real context that are used here. */
interface NativeContext {
  init(protocol: string | undefined, min: number, max: number): void;
  setKey(key: string | Uint8Array, passphrase?: string): void;
  setCert(cert: string | Uint8Array): void;
  addCACert(cert: string | Uint8Array): void;
  addCRL(crl: string | Uint8Array): void;
  setCipherSuites(list: string): void;
  setCiphers(list: string): void;
  setSigalgs(list: string): void;
  setECDHCurve(curve: string): void;
  setDHParam(param: unknown): string | undefined;
  setMinProto(version: number): void;
  setMaxProto(version: number): void;
  getMinProto(): number;
  getMaxProto(): number;
  setOptions(options: number): void;
  setSessionIdContext(id: string): void;
  setSessionTimeout(seconds: number): void;
  loadPKCS12(pfx: Uint8Array, passphrase?: Uint8Array): void;
  setTicketKeys(keys: Uint8Array): void;
  getCertificate(): Buffer | null;
  getIssuer(): Buffer | null;
  close(): void;
}

let native: (new () => NativeContext) | undefined;

function nativeClass(): new () => NativeContext {
  native ??= (tls.createSecureContext({ ca: [] }).context as { constructor: unknown })
    .constructor as new () => NativeContext;
  return native;
}

let roots: ReadonlyMap<string, readonly X509Certificate[]> | undefined;

/** Returns the authorities that Node trusts, by subject. */
function rootStore(): ReadonlyMap<string, readonly X509Certificate[]> {
  if (!roots) {
    const store = new Map<string, X509Certificate[]>();
    for (const pem of tls.rootCertificates) {
      for (const certificate of parseCertificates(pem)) addTo(store, certificate);
    }
    roots = store;
  }
  return roots;
}

function addTo(store: Map<string, X509Certificate[]>, certificate: X509Certificate): void {
  const list = store.get(certificate.subject);
  if (list) list.push(certificate);
  else store.set(certificate.subject, [certificate]);
}

function textOf(pem: string | ArrayBufferView): string {
  if (typeof pem === "string") return pem;
  return Buffer.from(pem.buffer, pem.byteOffset, pem.byteLength).toString("latin1");
}

/** Bits of `setOptions`. */
const OP_NO_TICKET = 0x4000;
const OP_SERVER_PREFERENCE = 0x40_0000;
const OP_NO_TLS1_2 = 0x800_0000;
const OP_NO_TLS1_3 = 0x2000_0000;
const TLS1_2 = 0x303;
const TLS1_3 = 0x304;

const SESSION_TIMEOUT_S = 300;

/** A certificate to send, with the intermediate certificates up to an authority. */
export interface Identity {
  readonly leaf: X509Certificate;
  readonly chain: readonly X509Certificate[];
  /** The type of its key: "RSA", "ECDSA", or another name of OpenSSL's. */
  readonly kind: string;
}

/** One context of one process. */
export class SecureContext implements TrustStore {
  readonly #native: NativeContext = new (nativeClass())();
  readonly #realm: Realm;
  readonly #trusted = new Map<string, X509Certificate[]>();
  #usesRoots = false;
  #keys = 0;
  readonly #chains: Identity[] = [];
  #options = 0;
  #ticketKeys: Buffer;
  allowPartialChain = false;
  readonly revoked: Revocations[] = [];
  suites: readonly Cipher[] = defaultSuites;
  ciphers: readonly Cipher[] = [];
  sessionIdContext = "";
  sessionTimeoutS: number = SESSION_TIMEOUT_S;
  sigalgs: string | undefined;
  curve = "auto";
  /** The size of the Diffie-Hellman parameters in bits. "auto" follows the certificate's key. */
  dhBits: number | "auto" | undefined;

  constructor(realm: Realm) {
    this.#realm = realm;
    this.#ticketKeys = Buffer.alloc(48);
    realm.prng.fork("tls.tickets").fill(this.#ticketKeys);
  }

  init(protocol: string | undefined, min: number, max: number): void {
    this.#native.init(protocol, min, max);
  }

  get minVersion(): number {
    const min = this.#native.getMinProto() || 0x301;
    return this.#options & OP_NO_TLS1_2 && min <= TLS1_2 ? TLS1_3 : min;
  }

  get maxVersion(): number {
    const max = this.#native.getMaxProto() || TLS1_3;
    return this.#options & OP_NO_TLS1_3 ? Math.min(max, TLS1_2) : max;
  }

  get prefersOwnCiphers(): boolean {
    return (this.#options & OP_SERVER_PREFERENCE) !== 0;
  }

  get usesTickets(): boolean {
    return (this.#options & OP_NO_TICKET) === 0;
  }

  /** The certificates that it can send: those whose key it has. */
  get identities(): readonly Identity[] {
    return this.#keys > 0 ? this.#chains : [];
  }

  /** Returns the trusted certificates with that subject. */
  find(subject: string): readonly X509Certificate[] {
    const own = this.#trusted.get(subject) ?? [];
    if (!this.#usesRoots) return own;
    const root = this.#realmRoots().get(subject) ?? [];
    return [...own, ...root, ...(extraRoots(this.#realm).get(subject) ?? [])];
  }

  #realmRoots(): ReadonlyMap<string, readonly X509Certificate[]> {
    return replacedRoots.get(this.#realm) ?? rootStore();
  }

  setKey(key: string | Uint8Array, passphrase?: string): void {
    this.#native.setKey(key, passphrase);
    this.#keys++;
  }

  setCert(cert: string | Uint8Array): void {
    this.#native.setCert(cert);
    const [leaf, ...chain] = parseCertificates(textOf(cert));
    if (leaf) this.#addIdentity(leaf, chain);
  }

  #addIdentity(leaf: X509Certificate, chain: readonly X509Certificate[]): void {
    const type = leaf.publicKey.asymmetricKeyType ?? "";
    const kind = type.startsWith("rsa") ? "RSA" : type === "ec" ? "ECDSA" : type;
    const same = this.#chains.findIndex((identity) => identity.kind === kind);
    const identity: Identity = { leaf, chain, kind };
    if (same >= 0) this.#chains[same] = identity;
    else this.#chains.push(identity);
  }

  addCACert(cert: string | Uint8Array): void {
    this.#native.addCACert(cert);
    for (const certificate of parseCertificates(textOf(cert))) addTo(this.#trusted, certificate);
  }

  addRootCerts(): void {
    this.#usesRoots = true;
    // A file that cannot be read is reported now.
    extraRoots(this.#realm);
  }

  setAllowPartialTrustChain(): void {
    this.allowPartialChain = true;
  }

  addCRL(crl: string | Uint8Array): void {
    this.#native.addCRL(crl);
    this.revoked.push(readRevocations(textOf(crl)));
  }

  setCipherSuites(list: string): void {
    this.#native.setCipherSuites(list);
    this.suites = parseSuites(list);
  }

  setCiphers(list: string): void {
    this.#native.setCiphers(list);
    this.ciphers = list === "" ? [] : parseCiphers(list);
  }

  setSigalgs(list: string): void {
    this.#native.setSigalgs(list);
    this.sigalgs = list;
  }

  setECDHCurve(curve: string): void {
    this.#native.setECDHCurve(curve);
    this.curve = curve;
  }

  setDHParam(param: unknown): string | undefined {
    const warning = this.#native.setDHParam(param);
    if (param === true) this.dhBits = "auto";
    else this.dhBits = dhParamBits(textOf(param as string | ArrayBufferView));
    return warning;
  }

  setMinProto(version: number): void {
    this.#native.setMinProto(version);
  }

  setMaxProto(version: number): void {
    this.#native.setMaxProto(version);
  }

  getMinProto(): number {
    return this.#native.getMinProto();
  }

  getMaxProto(): number {
    return this.#native.getMaxProto();
  }

  setOptions(options: number): void {
    this.#native.setOptions(options);
    this.#options |= options;
  }

  setSessionIdContext(id: string): void {
    this.#native.setSessionIdContext(id);
    this.sessionIdContext = id;
  }

  setSessionTimeout(seconds: number): void {
    this.#native.setSessionTimeout(seconds);
    this.sessionTimeoutS = seconds;
  }

  /** No effect: inside a world, certificates are not compressed. */
  setCertificateCompression(_algorithms: number): void {}

  loadPKCS12(pfx: Uint8Array, passphrase?: Uint8Array): void {
    if (passphrase === undefined) this.#native.loadPKCS12(pfx);
    else this.#native.loadPKCS12(pfx, passphrase);
    this.#keys++;
    const leaf = this.#native.getCertificate();
    const issuer = this.#native.getIssuer();
    if (!leaf) return;
    this.#addIdentity(certificateOf(leaf), []);
    if (issuer) addTo(this.#trusted, certificateOf(issuer));
  }

  getTicketKeys(): Buffer {
    return Buffer.from(this.#ticketKeys);
  }

  setTicketKeys(keys: Uint8Array): boolean {
    this.#ticketKeys = Buffer.from(keys);
    return true;
  }

  enableTicketKeyCallback(): void {}

  getCertificate(): Buffer | null {
    return this.#native.getCertificate();
  }

  getIssuer(): Buffer | null {
    return this.#native.getIssuer();
  }

  close(): void {}
}

/** The certificates with which `tls.setDefaultCACertificates` replaced Node's own list. */
/** As native methods do, these throw if `this` is any other object. */
for (const [name, { value }] of Object.entries(
  Object.getOwnPropertyDescriptors(SecureContext.prototype),
)) {
  if (name === "constructor" || typeof value !== "function") continue;
  const method = value as (...args: unknown[]) => unknown;
  Object.defineProperty(SecureContext.prototype, name, {
    value(this: object, ...args: unknown[]): unknown {
      if (!(this instanceof SecureContext)) throw new TypeError("Illegal invocation");
      return Reflect.apply(method, this, args);
    },
  });
}

const replacedRoots = new WeakMap<Realm, ReadonlyMap<string, readonly X509Certificate[]>>();

const extras = new WeakMap<Realm, Map<string, X509Certificate[]>>();

/** Returns the authorities of the file that NODE_EXTRA_CA_CERTS names, on the host's disk. */
function extraRoots(realm: Realm): ReadonlyMap<string, readonly X509Certificate[]> {
  let store = extras.get(realm);
  if (store) return store;
  store = new Map();
  extras.set(realm, store);
  for (const pem of realm.context.process.host.authorities) {
    for (const certificate of parseCertificates(pem)) addTo(store, certificate);
  }
  const path = realm.process.env.NODE_EXTRA_CA_CERTS as string | undefined;
  if (!path) return store;
  try {
    const pem = realm.require("fs").readFileSync(path, "latin1") as string;
    for (const certificate of parseCertificates(pem)) addTo(store, certificate);
  } catch {
    realm.process.emitWarning(
      `Ignoring extra certs from \`${path}\`, load failed: ` +
        "error:80000002:system library::No such file or directory",
    );
  }
  return store;
}

/** Returns the same as PEM texts. */
export function extraRootTexts(realm: Realm): string[] {
  return [...extraRoots(realm).values()].flat().map((certificate) => certificate.toString());
}

/** Throws OpenSSL's errors for invalid PEM. */
function checkPem(checker: NativeContext, pem: string): void {
  try {
    checker.addCACert(pem);
    parseCertificates(pem);
  } catch {
    throw Object.assign(new Error("error:0480000D:PEM routines::ASN1 lib"), {
      library: "PEM routines",
      reason: "ASN1 lib",
      code: "ERR_OSSL_PEM_ASN1_LIB",
    });
  }
}

/** Replaces a process's default authorities. */
export function replaceRoots(realm: Realm, certs: readonly (string | ArrayBufferView)[]): void {
  const store = new Map<string, X509Certificate[]>();
  const checker = new (nativeClass())();
  checker.init(undefined, 0, 0);
  const seen = new Set<string>();
  for (const pem of certs) {
    checkPem(checker, textOf(pem));
    for (const certificate of parseCertificates(textOf(pem))) {
      if (seen.has(certificate.fingerprint256)) continue;
      seen.add(certificate.fingerprint256);
      addTo(store, certificate);
    }
  }
  if (certs.length > 0 && store.size === 0) {
    const message = "No valid certificates found in the provided array";
    throw Object.assign(new Error(message), { code: "ERR_CRYPTO_OPERATION_FAILED" });
  }
  replacedRoots.set(realm, store);
}

/** Returns the PEM texts that replaced Node's own list. */
export function userRoots(realm: Realm): string[] {
  return [...(replacedRoots.get(realm)?.values() ?? [])]
    .flat()
    .map((certificate) => certificate.toString());
}
