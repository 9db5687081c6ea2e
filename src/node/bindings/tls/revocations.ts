/** Revocation lists (RFC 5280, section 5): only a list's issuer and its serial numbers are read. */
import { Buffer } from "node:buffer";

interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** The element with its tag and length. */
  readonly whole: Buffer;
}

/** Returns the elements of a constructed DER value. */
function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1] as number;
    let start = at + 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      length = bytes.readUIntBE(start, size);
      start += size;
    }
    const end = start + length;
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

const INTEGER = 2;
const SEQUENCE = 0x30;

/** One issuer's revocations. */
export interface Revocations {
  /** The issuer's name in DER, as in the certificates. */
  readonly issuer: Buffer;
  readonly serials: ReadonlySet<string>;
}

/** Parses a list in PEM. */
export function readRevocations(pem: string): Revocations {
  const body = /-----BEGIN X509 CRL-----([^-]+)-----END/.exec(pem)?.[1] ?? "";
  const [list] = elementsOf(Buffer.from(body, "base64"));
  const fields = list ? elementsOf((elementsOf(list.content)[0] as Element).content) : [];
  // version?, signature, issuer, thisUpdate, nextUpdate?, revoked?
  const issuer = fields.filter(({ tag }) => tag === SEQUENCE)[1];
  const entries = fields
    .slice(fields.indexOf(issuer as Element) + 1)
    .find(({ tag }) => tag === SEQUENCE);
  const serials = new Set<string>();
  for (const entry of entries ? elementsOf(entries.content) : []) {
    const [serial] = elementsOf(entry.content);
    if (serial?.tag === INTEGER) {
      serials.add(
        serial.content
          .toString("hex")
          .replace(/^(00)+/, "")
          .toUpperCase(),
      );
    }
  }
  return { issuer: issuer?.whole ?? Buffer.alloc(0), serials };
}
