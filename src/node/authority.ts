/**
 * A certificate authority for stand-ins of services on the internet, and their certificates. Its key is the same in every run, and
 * Ed25519 signatures are deterministic, so that certificates are the same, too. Only simulated hosts should trust it.
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { element, integer, sequence, Tag } from "./bindings/crypto/der.ts";

/** A certificate and its key, as PEM texts. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The prefix of an Ed25519 private key in PKCS #8 (RFC 8410); 32 bytes follow. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const ED25519 = sequence(element(Tag.identifier, Buffer.from("2b6570", "hex")));
const COMMON_NAME = Buffer.from("550403", "hex");
const UTF8 = 0x0c;
const SET = 0x31;
const TIME = 0x18;
const BOOLEAN = 0x01;
/** Explicit tags of a certificate: its version and its extensions. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const AUTHORITY = "Lightcone: services of a simulated world";
const ALWAYS = ["20000101000000Z", "21000101000000Z"] as const;
const EXPIRED = ["20000101000000Z", "20010101000000Z"] as const;

const known = new Map<string, Identity>();

/** The certificate of the authority. */
export function authority(): string {
  return certificate("authority", AUTHORITY, ALWAYS).cert;
}

/** A certificate for a host's name, signed by the authority. `expired`: it was valid until long ago. */
export function identityOf(name: string, expired = false): Identity {
  return certificate("host", name, expired ? EXPIRED : ALWAYS);
}

function certificate(
  role: "authority" | "host",
  name: string,
  [from, to]: readonly [string, string],
): Identity {
  const id = `${role} ${name} ${to}`;
  let made = known.get(id);
  if (!made) known.set(id, (made = make(role, name, from, to)));
  return made;
}

function make(role: "authority" | "host", name: string, from: string, to: string): Identity {
  const key = keyOf(role === "authority" ? role : `${role} ${name}`);
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const time = (text: string): Buffer => element(TIME, Buffer.from(text));
  const body = sequence(
    element(VERSION, integer(2n)),
    integer(BigInt(`0x${Buffer.from(`${name}${to}`).toString("hex").slice(0, 30)}`)),
    ED25519,
    nameOf(AUTHORITY),
    sequence(time(from), time(to)),
    nameOf(name),
    spki,
    element(EXTENSIONS, sequence(...extensions(role, name))),
  );
  const signature = sign(null, body, keyOf("authority"));
  const whole = sequence(body, ED25519, element(Tag.bitString, Buffer.from([0]), signature));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${wrapped(whole)}\n-----END CERTIFICATE-----\n`,
    key: key.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function extensions(role: "authority" | "host", name: string): Buffer[] {
  const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
    sequence(
      element(Tag.identifier, Buffer.from(id, "hex")),
      ...(critical ? [element(BOOLEAN, Buffer.from([0xff]))] : []),
      element(Tag.octetString, value),
    );
  if (role === "authority") {
    const isAuthority = sequence(element(BOOLEAN, Buffer.from([0xff])));
    // Signs certificates and lists of revoked ones.
    const usage = element(Tag.bitString, Buffer.from([1, 0x06]));
    return [extension("551d13", true, isAuthority), extension("551d0f", true, usage)];
  }
  return [extension("551d11", false, sequence(element(DNS_NAME, Buffer.from(name))))];
}

/** The key of a name: the same in every process. It keeps no secret. */
function keyOf(name: string): ReturnType<typeof createPrivateKey> {
  const seed = Buffer.alloc(32);
  Buffer.from(`lightcone ${name}`).copy(seed);
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

function nameOf(name: string): Buffer {
  const attribute = sequence(
    element(Tag.identifier, COMMON_NAME),
    element(UTF8, Buffer.from(name.slice(0, 64))),
  );
  return sequence(element(SET, attribute));
}

function wrapped(bytes: Buffer): string {
  return (bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
}
