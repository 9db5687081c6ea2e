/**
 * The part of a `TLSWrap` that reports on its connection. Node's library calls it on behalf of
 * programs.
 */
import { certificateHandle } from "../crypto/certificates.ts";
import { StreamBase } from "../stream-base.ts";
import { legacyObject, verifyError } from "./certificates.ts";
import { TlsClient } from "./client.ts";
import { TLS1_2, TLS1_3, type TlsConnection } from "./connection.ts";
import { ephemeralKeyInfo } from "./groups.ts";
import type { Identity } from "./secure-context.ts";
import { Buffer } from "node:buffer";
import { encodeSession } from "./session.ts";

const versionNames: Readonly<Record<number, string>> = {
  0x301: "TLSv1",
  0x302: "TLSv1.1",
  [TLS1_2]: "TLSv1.2",
  [TLS1_3]: "TLSv1.3",
};

/** A TLS stream that reports what was negotiated. */
export abstract class TlsReport extends StreamBase {
  abstract readonly isServer: boolean;
  abstract readonly connection: TlsConnection;

  getServername(): string | false {
    const { connection } = this;
    if (connection instanceof TlsClient) return connection.servername ?? false;
    return connection.agreement.servername;
  }

  getALPNNegotiatedProtocol(): string | false {
    return this.connection.agreement.alpn;
  }

  getProtocol(): string | undefined {
    return versionNames[this.connection.agreement.version || this.connection.context.maxVersion];
  }

  getCipher(): object | undefined {
    const { cipher } = this.connection.agreement;
    if (!cipher) return undefined;
    return { name: cipher.name, standardName: cipher.standardName, version: cipher.version };
  }

  getEphemeralKeyInfo(): object | null {
    if (this.isServer) return null;
    const { version, group, reused } = this.connection.agreement;
    return group === undefined || (reused && version <= TLS1_2) ? {} : ephemeralKeyInfo(group);
  }

  getSharedSigalgs(): string[] {
    return [...(this.connection.agreement.sigalgs ?? defaultSigalgs)];
  }

  isSessionReused(): boolean {
    return this.connection.agreement.reused;
  }

  getSession(): Buffer | undefined {
    const { session } = this.connection.agreement;
    return session && encodeSession(session);
  }

  getTLSTicket(): Buffer | undefined {
    const ticket = this.connection.agreement.session?.ticket;
    return ticket === undefined ? undefined : Buffer.from(ticket, "base64");
  }

  getFinished(): Buffer | undefined {
    if (!this.connection.established) return undefined;
    return this.connection.finishedOf(this.isServer ? "server" : "client");
  }

  getPeerFinished(): Buffer | undefined {
    if (!this.connection.established) return undefined;
    return this.connection.finishedOf(this.isServer ? "client" : "server");
  }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Buffer {
    return this.connection.exportKeyingMaterial(length, label, context);
  }

  verifyError(): Error | null {
    const { verify, peer, reused } = this.connection.agreement;
    if (verify === undefined) return null;
    if (peer.length === 0 && reused) return null;
    return verifyError(verify);
  }

  getPeerCertificate(detailed?: boolean): object | undefined {
    const { peer, reused } = this.connection.agreement;
    const [leaf, ...others] = peer;
    // A resumed session has no chain, and native code requires one on the client's side.
    if (!leaf || (reused && !this.isServer)) return undefined;
    return legacyObject(leaf, others, detailed ? this.connection.context : undefined);
  }

  hasPeerCertificate(): boolean {
    return this.connection.agreement.peer.length > 0;
  }

  getPeerX509Certificate(): object | undefined {
    return certificateHandle(this.connection.agreement.peer);
  }

  #own(): Identity | undefined {
    return this.connection.shown ?? this.connection.identities[0];
  }

  getCertificate(): object | undefined {
    const own = this.#own();
    return own && legacyObject(own.leaf, [], undefined);
  }

  getX509Certificate(): object | undefined {
    const own = this.#own();
    return own && certificateHandle([own.leaf]);
  }
}

/** OpenSSL's default list, by its names. */
const defaultSigalgs: readonly string[] = [
  ...["ECDSA+SHA256", "ECDSA+SHA384", "ECDSA+SHA512", "Ed25519", "Ed448", "RSA-PSS+SHA256"],
  ...["RSA-PSS+SHA384", "RSA-PSS+SHA512", "RSA-PSS+SHA256", "RSA-PSS+SHA384", "RSA-PSS+SHA512"],
  ...["RSA+SHA256", "RSA+SHA384", "RSA+SHA512", "ECDSA+SHA224", "RSA+SHA224"],
];
