/** The client's side of the handshake. */
import { localGroup } from "./groups.ts";
import { Buffer } from "node:buffer";
import type { X509Certificate } from "node:crypto";
import { certificateOf, type Purpose } from "./certificates.ts";
import { cipherOf } from "./ciphers.ts";
import { Alert, TLS1_2, TLS1_3, TlsConnection } from "./connection.ts";
import { encodeMessage, type HandshakeMessage, Message } from "./records.ts";
import type { SessionState } from "./session.ts";

type State = "idle" | "serverHello" | "serverFlight" | "finished" | "established";

/** The size of a signature and of a key share. */
const SIGNATURE_BYTES = 260;
const KEY_SHARE_BYTES = 66;
const FINISHED_BYTES = 48;

/** A client's connection. */
export class TlsClient extends TlsConnection {
  protected readonly purpose: Purpose = "server";
  servername: string | undefined;
  requestsOcsp = false;
  offered: SessionState | undefined;

  #state: State = "idle";
  #certificateRequested = false;
  #certificates: readonly X509Certificate[] = [];
  #sessionId = "";
  #pskHint: string | null = null;
  #ocspAnswered = false;

  /** Begins the handshake or a renegotiation. */
  start(): void {
    if (this.#state !== "idle" && this.#state !== "established") return;
    this.events.handshakeStart();
    const { context, agreement, offered } = this;
    if (context.minVersion > context.maxVersion) {
      this.fail("noProtocolsAvailable", Alert.protocolVersion);
      return;
    }
    agreement.clientRandom = this.random(32).toString("hex");
    agreement.servername = this.servername ?? false;
    const max = context.maxVersion;
    const usable =
      offered && offered.version <= max && offered.version >= context.minVersion
        ? offered
        : undefined;
    const psk = this.usesPsk && max === TLS1_3 ? this.events.pskClient(null) : undefined;
    this.#state = "serverHello";
    this.sendMessages(
      encodeMessage(
        Message.clientHello,
        {
          random: agreement.clientRandom,
          min: context.minVersion,
          max,
          ciphers: context.ciphers.map(({ name }) => name),
          suites: context.suites.map(({ name }) => name),
          sni: this.servername,
          alpn: this.alpnProtocols?.toString("base64"),
          sessionId: usable?.ticket === undefined ? usable?.id : "",
          ticket: usable?.ticket,
          tickets: context.usesTickets,
          curve: context.curve,
          sigalgs: context.sigalgs,
          ocsp: this.requestsOcsp,
          psk: this.usesPsk,
          pskIdentity: psk?.identity,
          pskKey: psk && Buffer.from(psk.psk).toString("hex"),
        },
        [],
        240,
      ),
    );
  }

  /** Begins the handshake unless it has begun. */
  startOnce(): void {
    if (this.#state === "idle") this.start();
  }

  renegotiate(): void {
    this.established = true;
    this.acceptsData = true;
    this.start();
  }

  protected proceed(): void {}

  protected message({ type, says, blobs }: HandshakeMessage): void {
    switch (type) {
      case Message.helloRequest:
        this.renegotiate();
        return;
      case Message.serverHello:
        if (this.#state === "serverHello") {
          this.#serverHello(says);
          return;
        }
        break;
      case Message.newSessionTicket:
        this.#newTicket(says);
        return;
      case Message.encryptedExtensions:
        this.agreement.alpn = (says["alpn"] as string | undefined) ?? false;
        return;
      case Message.certificateRequest:
        this.#certificateRequested = true;
        return;
      case Message.certificate:
        this.#certificates = blobs.map((der) => certificateOf(der));
        return;
      case Message.certificateStatus:
        this.#ocspAnswered = true;
        this.events.ocspResponse(Buffer.from(blobs[0] as Uint8Array));
        return;
      case Message.serverKeyExchange:
        this.#pskHint = (says["hint"] as string | undefined) ?? null;
        return;
      case Message.certificateVerify:
        return;
      case Message.serverHelloDone:
        if (this.#state === "serverFlight") {
          this.#answer12();
          return;
        }
        break;
      case Message.finished:
        if (this.#state === "serverFlight" || this.#state === "finished") {
          this.#finished();
          return;
        }
        break;
      default:
        break;
    }
    this.fail("unexpectedMessage", Alert.unexpectedMessage);
  }

  #serverHello(says: Record<string, unknown>): void {
    const { agreement, context, offered } = this;
    agreement.version = says["version"] as number;
    if (agreement.version < context.minVersion || agreement.version > context.maxVersion) {
      this.fail("unsupportedProtocol", Alert.protocolVersion);
      return;
    }
    agreement.cipher = cipherOf(says["cipher"] as string);
    agreement.serverRandom = says["random"] as string;
    agreement.reused = says["reused"] === true && offered !== undefined;
    agreement.session = agreement.reused ? offered : undefined;
    agreement.resumedSecret = agreement.session?.secret ?? "";
    agreement.group = localGroup(says["group"] as string | number | undefined);
    this.#sessionId = (says["sessionId"] as string | undefined) ?? "";
    this.#certificateRequested = false;
    this.#certificates = [];
    this.#ocspAnswered = false;
    this.#state = "serverFlight";
    if (agreement.version === TLS1_3) {
      this.protectSending("tls13");
      this.protectReceiving("tls13");
    } else {
      agreement.alpn = (says["alpn"] as string | undefined) ?? false;
    }
    if (agreement.reused && offered) {
      this.#certificates = offered.peer.map((der) => certificateOf(Buffer.from(der, "base64")));
    }
  }

  /** TLS 1.2: the server's messages are complete. Sends the key exchange and Finished. */
  #answer12(): void {
    this.#judge();
    const flight: Uint8Array[] = [];
    if (this.#certificateRequested) {
      flight.push(this.certificateMessage(Message.certificate, this.identities[0]));
    }
    const psk =
      this.agreement.cipher?.authentication === "PSK"
        ? this.events.pskClient(this.#pskHint)
        : undefined;
    flight.push(
      encodeMessage(
        Message.clientKeyExchange,
        {
          pskIdentity: psk?.identity,
          pskKey: psk && Buffer.from(psk.psk).toString("hex"),
        },
        [],
        KEY_SHARE_BYTES,
      ),
    );
    if (this.#certificateRequested && this.shown) {
      flight.push(encodeMessage(Message.certificateVerify, {}, [], SIGNATURE_BYTES));
    }
    this.sendMessages(...flight);
    this.#sendFinished12();
    this.#state = "finished";
  }

  #sendFinished12(): void {
    this.sendChangeCipherSpec();
    this.protectSending("tls12");
    this.sendMessages(encodeMessage(Message.finished, {}, [], 12));
  }

  #judge(): void {
    if (this.requestsOcsp && !this.#ocspAnswered && !this.agreement.reused) {
      this.events.ocspResponse(null);
    }
    if (this.agreement.reused) {
      this.agreement.peer = this.#certificates;
      this.agreement.verify = this.agreement.session?.verify as typeof this.agreement.verify;
    } else if (this.agreement.cipher?.authentication === "PSK" || this.#noCertificateNeeded) {
      this.agreement.peer = [];
      this.agreement.verify = undefined;
    } else {
      this.verifyPeer(this.#certificates);
    }
  }

  /** TLS 1.3 with an external key: no certificate is sent. */
  get #noCertificateNeeded(): boolean {
    return this.usesPsk && this.#certificates.length === 0;
  }

  #finished(): void {
    const { agreement } = this;
    if (agreement.version === TLS1_3) {
      this.#judge();
      const flight: Uint8Array[] = [];
      if (this.#certificateRequested) {
        flight.push(this.certificateMessage(Message.certificate, this.identities[0]));
        if (this.shown) {
          flight.push(encodeMessage(Message.certificateVerify, {}, [], SIGNATURE_BYTES));
        }
      }
      flight.push(encodeMessage(Message.finished, {}, [], FINISHED_BYTES));
      this.sendMessages(...flight);
      // Until a ticket arrives, there is a session that can be read but not resumed.
      if (!agreement.reused) this.#remember("", undefined);
    } else if (agreement.reused) {
      this.#judge();
      this.#sendFinished12();
    } else {
      this.#remember(this.#sessionId, undefined);
      if (agreement.session) this.events.newSession(agreement.session);
    }
    this.#state = "established";
    this.established = true;
    this.keylogSecrets();
    this.events.handshakeDone();
  }

  #newTicket(says: Record<string, unknown>): void {
    const id = says["id"] as string;
    this.#ticket = says["ticket"] as string | undefined;
    if (this.agreement.version <= TLS1_2) {
      this.#sessionId = id;
      return;
    }
    this.#remember(id, this.#ticket);
    if (this.agreement.session) this.events.newSession(this.agreement.session);
  }

  #ticket: string | undefined;

  #remember(id: string, ticket: string | undefined): void {
    const { agreement, context } = this;
    agreement.session = {
      id,
      version: agreement.version,
      cipher: agreement.cipher?.name ?? "",
      servername: this.servername,
      peer: agreement.peer.map(({ raw }) => raw.toString("base64")),
      verify: agreement.verify,
      secret: this.secret.toString("hex"),
      createdMs: this.wallMs(),
      timeoutS: context.sessionTimeoutS,
      context: context.sessionIdContext,
      ticket: ticket ?? this.#ticket,
    };
  }
}
