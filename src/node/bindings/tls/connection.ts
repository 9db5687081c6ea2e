/**
 * One end of a TLS connection without I/O of its own: the state that both ends share, the records,
 * and the data. The handshakes are in `client.ts` and `server.ts`. They take the round trips that
 * RFC 8446 and RFC 5246 require.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, type X509Certificate } from "node:crypto";
import type { Cipher } from "./ciphers.ts";
import type { Purpose, VerifyCode } from "./certificates.ts";
import { buildChain, verifyChain } from "./certificates.ts";
import {
  Content,
  encodeMessage,
  encodeRecords,
  type HandshakeMessage,
  MessageReader,
  type Protection,
  RecordReader,
} from "./records.ts";
import type { Identity, SecureContext } from "./secure-context.ts";
import type { SessionState } from "./session.ts";
import { alertError, type TlsErrorName, tlsError } from "./tls-errors.ts";

export const TLS1_2 = 0x303;
export const TLS1_3 = 0x304;

/** The alerts that this code sends. */
export const Alert = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  handshakeFailure: 40,
  illegalParameter: 47,
  decryptError: 51,
  protocolVersion: 70,
  internalError: 80,
  unknownPskIdentity: 115,
  certificateRequired: 116,
  noApplicationProtocol: 120,
} as const;

/** The connection's events and queries for its owner. */
export interface ConnectionEvents {
  handshakeStart(): void;
  handshakeDone(): void;
  clearText(bytes: Uint8Array): void;
  /** The peer will not send any more. */
  closed(): void;
  error(error: Error): void;
  /** The server may look up the session. Returns true to wait for `resume`. */
  clientHello(hello: { sessionId: Buffer; servername: string; tlsTicket: boolean }): boolean;
  /** The server may choose a context. Returns true to wait for `resume`. */
  certificate(info: { servername: string; OCSPRequest: boolean }): boolean;
  /** Returns the offset of the chosen protocol in the list, or `undefined` for none. */
  chooseProtocol(protocols: Buffer): number | undefined;
  newSession(session: SessionState): void;
  ocspResponse(response: Buffer | null): void;
  keylog(line: string): void;
  /** Returns the client's answer to a hint, or the server's key for an identity. */
  pskClient(hint: string | null): { identity: string; psk: Uint8Array } | undefined;
  pskServer(identity: string): Uint8Array | undefined;
}

/** The options of a connection. */
export interface ConnectionOptions {
  readonly context: SecureContext;
  readonly events: ConnectionEvents;
  /** Returns bytes from the process's own stream. */
  readonly random: (bytes: number) => Buffer;
  readonly wallMs: () => number;
}

/** The values negotiated during a handshake. */
export interface Agreement {
  version: number;
  cipher: Cipher | undefined;
  alpn: string | false;
  servername: string | false;
  reused: boolean;
  session: SessionState | undefined;
  /** The secret of the resumed session. */
  resumedSecret: string;
  peer: readonly X509Certificate[];
  verify: VerifyCode | undefined;
  clientRandom: string;
  serverRandom: string;
  /** The signature algorithms that both sides named, if either side named any. */
  sigalgs: readonly string[] | undefined;
  /** The group of the key exchange, or the size in bits of its Diffie-Hellman parameters. */
  group: string | number | undefined;
}

/**
 * Returns the certificates that accompany a certificate: the given ones, or else the chain to a
 * known authority.
 */
function chainOf(identity: Identity, context: SecureContext): readonly X509Certificate[] {
  if (identity.chain.length > 0) return [identity.leaf, ...identity.chain];
  return buildChain(identity.leaf, [], context).chain;
}

/** The common part of client and server. */
export abstract class TlsConnection {
  context: SecureContext;
  readonly events: ConnectionEvents;
  readonly random: (bytes: number) => Buffer;
  readonly wallMs: () => number;
  readonly agreement: Agreement = {
    version: 0,
    cipher: undefined,
    alpn: false,
    servername: false,
    reused: false,
    session: undefined,
    resumedSecret: "",
    peer: [],
    verify: undefined,
    clientRandom: "",
    serverRandom: "",
    sigalgs: undefined,
    group: undefined,
  };
  alpnProtocols: Buffer | undefined;
  usesPsk = false;
  requestsCertificate = false;
  requiresCertificate = false;
  established = false;
  failed = false;
  /** Whether close_notify was received, or sent: no more data in that direction. */
  receivedClose = false;
  sentClose = false;
  fragmentBytes = 16_384;
  /** The certificate that this side sent. */
  shown: Identity | undefined;

  readonly #records = new RecordReader();
  readonly #messages = new MessageReader();
  #output: Uint8Array[] = [];
  #outputBytes = 0;
  #sendProtection: Protection = "none";
  #paused = false;

  constructor(options: ConnectionOptions) {
    this.context = options.context;
    this.events = options.events;
    this.random = options.random;
    this.wallMs = options.wallMs;
  }

  protected abstract readonly purpose: Purpose;
  protected abstract message(message: HandshakeMessage): void;
  /** Continues where the owner made the handshake wait. */
  protected abstract proceed(): void;

  /** Set by the program during a handshake: other certificates to send. */
  keyCert: SecureContext | undefined;

  /** The certificates that this side can send. */
  get identities(): readonly Identity[] {
    return (this.keyCert ?? this.context).identities;
  }

  /** The number of bytes that wait to be sent. */
  get outputBytes(): number {
    return this.#outputBytes;
  }

  takeOutput(): readonly Uint8Array[] {
    const output = this.#output;
    this.#output = [];
    this.#outputBytes = 0;
    return output;
  }

  protected send(type: number, content: Uint8Array): void {
    const protection = type === Content.changeCipherSpec ? "none" : this.#sendProtection;
    for (const record of encodeRecords(type, content, protection, this.fragmentBytes)) {
      this.#output.push(record);
      this.#outputBytes += record.length;
    }
  }

  protected sendMessages(...messages: readonly Uint8Array[]): void {
    this.send(Content.handshake, messages.length === 1 ? messages[0]! : Buffer.concat(messages));
  }

  protected sendChangeCipherSpec(): void {
    this.send(Content.changeCipherSpec, Uint8Array.of(1));
  }

  protected protectSending(protection: Protection): void {
    this.#sendProtection = protection;
  }

  protected protectReceiving(protection: Protection): void {
    this.#records.protection = protection;
  }

  /** Puts the program's data into records. */
  write(bytes: Uint8Array): void {
    this.send(Content.application, bytes);
  }

  sendAlert(alert: number): void {
    if (alert === Alert.closeNotify) {
      if (this.sentClose) return;
      this.sentClose = true;
    }
    this.send(Content.alert, Uint8Array.of(alert === Alert.closeNotify ? 1 : 2, alert));
  }

  /** Fails the handshake or the connection with an error of this side. */
  protected fail(name: TlsErrorName, alert?: number): void {
    if (this.failed) return;
    this.failed = true;
    if (alert !== undefined) this.sendAlert(alert);
    this.events.error(tlsError(name));
  }

  /** Pauses until {@link resume}. */
  protected pause(): void {
    this.#paused = true;
  }

  get paused(): boolean {
    return this.#paused;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.proceed();
    this.process();
  }

  receive(bytes: Uint8Array): void {
    this.#records.push(bytes);
    this.process();
  }

  /** Processes received data, unless the handshake waits for the program. */
  protected process(): void {
    while (!this.#paused && !this.failed && !this.receivedClose) {
      if (!this.#nextMessage()) return;
      if (this.#paused) return;
      const record = this.#records.next();
      if (record === undefined) return;
      if (typeof record === "string") {
        // A peer that does not speak TLS would not understand an alert either.
        this.fail(record, record === "badRecordMac" ? Alert.badRecordMac : undefined);
        return;
      }
      this.#record(record.type, record.content);
    }
  }

  /** Processes the next handshake message. Returns false if it ended the connection. */
  #nextMessage(): boolean {
    for (;;) {
      if (this.#paused || this.failed) return !this.failed;
      const message = this.#messages.next();
      if (message === undefined) return true;
      if (message === null) {
        this.fail("unexpectedMessage", Alert.unexpectedMessage);
        return false;
      }
      this.message(message);
    }
  }

  #record(type: number, content: Uint8Array): void {
    switch (type) {
      case Content.handshake:
        this.#messages.push(content);
        break;
      case Content.alert:
        this.#alert(content[1] as number);
        break;
      case Content.application:
        if (this.established || this.acceptsData) this.events.clearText(content);
        else this.fail("unexpectedMessage", Alert.unexpectedMessage);
        break;
      case Content.changeCipherSpec:
        if (this.agreement.version <= TLS1_2) this.protectReceiving("tls12");
        break;
      default:
        break;
    }
  }

  /** True if data may still arrive, as during a renegotiation. */
  protected acceptsData = false;

  #alert(alert: number): void {
    if (alert === Alert.closeNotify) {
      this.receivedClose = true;
      this.events.closed();
      return;
    }
    // An old version is refused in a record of a newer version, which the peer cannot read.
    const { version } = this.agreement;
    if (alert === Alert.protocolVersion && version > 0 && version < TLS1_2) {
      this.fail("wrongVersionNumber");
      return;
    }
    this.failed = true;
    this.events.error(alertError(alert));
  }

  // ------------------------------------------------------------------ what both sides compute

  /** A secret that both sides know. It does not have to be kept secret from others here. */
  protected get secret(): Buffer {
    const { clientRandom, serverRandom, resumedSecret } = this.agreement;
    return createHash("sha384").update(`${clientRandom}${serverRandom}${resumedSecret}`).digest();
  }

  /** Returns the verify data of a Finished message. */
  finishedOf(role: "client" | "server"): Buffer {
    const length = this.agreement.version === TLS1_3 ? 48 : 12;
    return createHmac("sha384", this.secret)
      .update(`${role} finished`)
      .digest()
      .subarray(0, length);
  }

  exportKeyingMaterial(length: number, label: string, context: Uint8Array | undefined): Buffer {
    const blocks: Buffer[] = [];
    for (let i = 0; blocks.length * 48 < length; i++) {
      const hmac = createHmac("sha384", this.secret).update(`${i} ${label} `);
      blocks.push(hmac.update(context ?? "").digest());
    }
    return Buffer.concat(blocks).subarray(0, length);
  }

  protected certificateMessage(type: number, identity: Identity | undefined): Uint8Array {
    this.shown = identity;
    const blobs = identity ? chainOf(identity, this.context).map(({ raw }) => raw) : [];
    return encodeMessage(type, {}, blobs);
  }

  /** Verifies the peer's certificates. */
  protected verifyPeer(peer: readonly X509Certificate[]): void {
    const [leaf, ...others] = peer;
    this.agreement.peer = peer;
    this.agreement.verify = leaf
      ? verifyChain(leaf, others, this.context, this.purpose, this.wallMs())
      : "UNABLE_TO_GET_ISSUER_CERT";
  }

  protected keylogSecrets(): void {
    const { clientRandom, version } = this.agreement;
    const secret = this.secret.toString("hex");
    const labels =
      version === TLS1_3
        ? [
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "EXPORTER_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
            "CLIENT_TRAFFIC_SECRET_0",
          ]
        : ["CLIENT_RANDOM"];
    for (const label of labels) this.events.keylog(`${label} ${clientRandom} ${secret}\n`);
  }
}
