/** Groups for the key exchange: their negotiation, and the sizes of their keys. */
import { Buffer } from "node:buffer";

const sizes: Readonly<Record<string, number>> = {
  X25519: 253,
  X448: 448,
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp256k1: 256,
};

const aliases: Readonly<Record<string, string>> = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

const [major = 0, minor = 0] = process.versions.openssl.split(".").map(Number);
/** Since OpenSSL 3.5, TLS 1.3 prefers this post-quantum group. */
const HYBRID = "X25519MLKEM768";
const hybridByDefault = major > 3 || minor >= 5;
/** Node 22 has such an OpenSSL, but does not report the group. */
const tellsHybrid = Number(process.versions.node.split(".")[0]) >= 24;

const defaults: readonly string[] = ["X25519", "prime256v1", "X448", "secp521r1", "secp384r1"];

function groupsOf(list: string, tls13: boolean): readonly string[] {
  if (list !== "auto") return list.split(":").map((name) => aliases[name] ?? name);
  return tls13 && hybridByDefault ? [HYBRID, ...defaults] : defaults;
}

/** Returns the group of a key exchange, or `undefined` if the two sides have none in common. */
export function chooseGroup(own: string, offered: string, tls13: boolean): string | undefined {
  const theirs = groupsOf(offered, tls13);
  return groupsOf(own, tls13).find((group) => theirs.includes(group));
}

/**
 * The group that both sides' defaults select has the same name on the wire, whichever OpenSSL
 * version is in use.
 */
const DEFAULT = "default";

/**
 * Returns a group's name on the wire. It does not depend on the version of Node, so a run's bytes
 * do not either.
 */
export function wireGroup(group: string | number | undefined): string | number | undefined {
  return group === (hybridByDefault ? HYBRID : defaults[0]) ? DEFAULT : group;
}

/** Returns the group for a name on the wire. */
export function localGroup(name: string | number | undefined): string | number | undefined {
  return name === DEFAULT ? (hybridByDefault ? HYBRID : defaults[0]) : name;
}

/**
 * Returns the result of `getEphemeralKeyInfo` for a group, or for the size in bits of
 * Diffie-Hellman parameters.
 */
export function ephemeralKeyInfo(group: string | number): object {
  if (typeof group === "number") return { type: "DH", size: group };
  if (group === HYBRID) return tellsHybrid ? { type: "TLSGroup", name: HYBRID } : {};
  return { type: "ECDH", name: group, size: sizes[group] };
}

/** Returns the size in bits of the prime of Diffie-Hellman parameters in PEM. */
export function dhParamBits(pem: string): number {
  const body = /-----BEGIN DH PARAMETERS-----([^-]+)-----END/.exec(pem)?.[1] ?? "";
  const der = Buffer.from(body, "base64");
  // SEQUENCE { INTEGER prime, ... }: a length is one byte, or a byte with the number of length
  // bytes that follow.
  const skip = (at: number): number =>
    (der[at] ?? 0) < 0x80 ? at + 1 : at + 1 + ((der[at] ?? 0) & 0x7f);
  const integer = skip(1);
  const start = skip(integer + 1);
  const lengthByte = der[integer + 1] ?? 0;
  const length =
    lengthByte < 0x80 ? lengthByte : der.readUIntBE(integer + 2, Math.max(1, lengthByte & 0x7f));
  const leading = der[start] === 0 ? 1 : 0;
  const first = der[start + leading] ?? 0;
  return (length - leading - 1) * 8 + (first === 0 ? 0 : Math.floor(Math.log2(first)) + 1);
}
