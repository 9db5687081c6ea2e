/** Groups for the key exchange: which one two sides agree on, and how large its keys are. */

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
/** Since OpenSSL 3.5, TLS 1.3 prefers a group that no quantum computer is known to break. */
const HYBRID = "X25519MLKEM768";
const hybridByDefault = major > 3 || minor >= 5;
/** Node 22 carries such an OpenSSL, but says nothing of the group. */
const tellsHybrid = Number(process.versions.node.split(".")[0]) >= 24;

const defaults: readonly string[] = ["X25519", "prime256v1", "X448", "secp521r1", "secp384r1"];

function groupsOf(list: string, tls13: boolean): readonly string[] {
  if (list !== "auto") return list.split(":").map((name) => aliases[name] ?? name);
  return tls13 && hybridByDefault ? [HYBRID, ...defaults] : defaults;
}

/** The group of a key exchange, or `undefined` when there is none in common. */
export function chooseGroup(own: string, offered: string, tls13: boolean): string | undefined {
  const theirs = groupsOf(offered, tls13);
  return groupsOf(own, tls13).find((group) => theirs.includes(group));
}

/** What both sides' defaults agree on is called the same on the wire, whichever OpenSSL carries it. */
const DEFAULT = "default";

/** How a group is named on the wire: a run's bytes do not depend on the version of Node. */
export function wireGroup(group: string | number | undefined): string | number | undefined {
  return group === (hybridByDefault ? HYBRID : defaults[0]) ? DEFAULT : group;
}

/** The group that a name on the wire stands for. */
export function localGroup(name: string | number | undefined): string | number | undefined {
  return name === DEFAULT ? (hybridByDefault ? HYBRID : defaults[0]) : name;
}

/** What `getEphemeralKeyInfo` says of a group, or of Diffie-Hellman parameters of so many bits. */
export function ephemeralKeyInfo(group: string | number): object {
  if (typeof group === "number") return { type: "DH", size: group };
  if (group === HYBRID) return tellsHybrid ? { type: "TLSGroup", name: HYBRID } : {};
  return { type: "ECDH", name: group, size: sizes[group] };
}

/** How many bits the prime of Diffie-Hellman parameters in PEM has. */
export function dhParamBits(pem: string): number {
  const body = /-----BEGIN DH PARAMETERS-----([^-]+)-----END/.exec(pem)?.[1] ?? "";
  const der = Buffer.from(body, "base64");
  // SEQUENCE { INTEGER prime, ... }: the lengths take one byte each, or say how many follow.
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
