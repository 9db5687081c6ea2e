/** The server's side of the handshake. */
import { certificateOf, type Purpose } from "./certificates.ts";
import { type Cipher, cipherOf } from "./ciphers.ts";
import { Alert, TLS1_2, TLS1_3, TlsConnection } from "./connection.ts";
import { chooseGroup, wireGroup } from "./groups.ts";
import { encodeMessage, type HandshakeMessage, Message } from "./records.ts";
import type { Identity } from "./secure-context.ts";
import { Buffer } from "node:buffer";
import { openTicket, sealTicket, type SessionState } from "./session.ts";

type State = "clientHello" | "session" | "certificate" | "clientFlight" | "established";

const SERVER_HELLO_BYTES = 90;
const SIGNATURE_BYTES = 260;
const KEY_EXCHANGE_BYTES = 300;
const FINISHED_BYTES = 48;
/** The number of tickets that a TLS 1.3 server sends. */
const TICKETS = 2;

/** OpenSSL versions send different alerts for a wrong key. */
const BINDER_ALERT =
  Number(process.versions.openssl.split(".")[1]) >= 4 ? Alert.decryptError : Alert.illegalParameter;

interface ClientHello {
  readonly random: string;
  readonly min: number;
  readonly max: number;
  readonly ciphers: readonly string[];
  readonly suites: readonly string[];
  readonly sni?: string;
  readonly alpn?: string;
  readonly sessionId?: string;
  readonly ticket?: string;
  readonly tickets: boolean;
  readonly curve: string;
  readonly sigalgs?: string;
  readonly ocsp: boolean;
  readonly psk: boolean;
  readonly pskIdentity?: string;
  readonly pskKey?: string;
}

/** A server's connection. */
export class TlsServer extends TlsConnection {
  protected readonly purpose: Purpose = "client";
  /**
   * Set by the program: a stored session, a context for the server name, a status of the
   * certificate.
   */
  loadedSession: SessionState | undefined;
  ocspResponse: Buffer | undefined;
  pskHint: string | undefined;

  #state: State = "clientHello";
  #hello: ClientHello | undefined;
  #clientCertificates: readonly Uint8Array[] = [];
  #pskAccepted = false;

  /** Asks the client for a renegotiation. */
  renegotiate(): void {
    this.sendMessages(encodeMessage(Message.helloRequest, {}));
  }

  protected message({ type, says, blobs }: HandshakeMessage): void {
    switch (type) {
      case Message.clientHello:
        if (this.#state === "clientHello" || this.#renegotiable) {
          this.#clientHello(says as unknown as ClientHello);
          return;
        }
        break;
      case Message.certificate:
        if (this.#state === "clientFlight") {
          this.#clientCertificates = blobs;
          this.#judgeClient();
          return;
        }
        break;
      case Message.clientKeyExchange:
        if (says["pskIdentity"] !== undefined) {
          this.#checkPsk(says["pskIdentity"] as string, says["pskKey"] as string);
        }
        return;
      case Message.certificateVerify:
        return;
      case Message.finished:
        if (this.#state === "clientFlight") {
          this.#finished();
          return;
        }
        break;
      default:
        break;
    }
    this.fail("unexpectedMessage", Alert.unexpectedMessage);
  }

  get #renegotiable(): boolean {
    return this.#state === "established" && this.agreement.version <= TLS1_2;
  }

  #clientHello(hello: ClientHello): void {
    this.#hello = hello;
    this.acceptsData = this.established;
    this.events.handshakeStart();
    const { agreement } = this;
    agreement.clientRandom = hello.random;
    agreement.servername = hello.sni ?? false;
    this.#state = "session";
    const waits = this.events.clientHello({
      sessionId: Buffer.from(hello.sessionId ?? "", "hex"),
      servername: hello.sni ?? "",
      tlsTicket: hello.ticket !== undefined,
    });
    if (waits) this.pause();
    else this.proceed();
  }

  protected proceed(): void {
    const hello = this.#hello as ClientHello;
    if (this.#state === "session") {
      this.#state = "certificate";
      if (!this.#chooseVersion(hello)) return;
      const waits = this.events.certificate({
        servername: hello.sni ?? "",
        OCSPRequest: hello.ocsp,
      });
      if (waits) {
        this.pause();
        return;
      }
    }
    if (this.#state === "certificate") this.#respond(hello);
  }

  #chooseVersion(hello: ClientHello): boolean {
    const { context, agreement } = this;
    if (context.minVersion > context.maxVersion) {
      this.fail("noProtocolsAvailable", Alert.protocolVersion);
      return false;
    }
    agreement.version = Math.min(hello.max, context.maxVersion);
    // Only a client of TLS 1.3 lists its versions. Others name their highest version and check the
    // answer.
    const clientMin = hello.max === TLS1_3 ? hello.min : 0;
    if (agreement.version >= Math.max(clientMin, context.minVersion)) return true;
    this.fail("unsupportedProtocol", Alert.protocolVersion);
    return false;
  }

  #respond(hello: ClientHello): void {
    const { agreement } = this;
    agreement.serverRandom = this.random(32).toString("hex");
    this.#resume(hello);
    if (agreement.version === TLS1_3 && hello.pskIdentity !== undefined && !agreement.reused) {
      if (!this.#checkPsk(hello.pskIdentity, hello.pskKey ?? "")) return;
    }
    if (!this.#chooseSigalgs(hello)) return;
    this.#chooseCipher(hello);
    if (!agreement.cipher || this.failed) return;
    if (!this.#chooseAlpn(hello)) return;
    const identity = this.#chooseIdentity();
    if (this.failed) return;
    agreement.group = this.#chooseGroup(hello, identity);
    this.#state = "clientFlight";
    this.#clientCertificates = [];
    if (agreement.version === TLS1_3) this.#flight13(identity);
    else this.#flight12(identity);
  }

  #resume(hello: ClientHello): void {
    const { context, agreement } = this;
    const session =
      this.loadedSession ??
      (hello.ticket !== undefined && context.usesTickets
        ? openTicket(hello.ticket, context.getTicketKeys())
        : undefined);
    this.loadedSession = undefined;
    agreement.reused = false;
    agreement.session = undefined;
    agreement.resumedSecret = "";
    if (!session || session.version !== agreement.version) return;
    if (session.context !== context.sessionIdContext) return;
    if (this.wallMs() - session.createdMs > session.timeoutS * 1_000) return;
    const offered = agreement.version === TLS1_3 ? hello.suites : hello.ciphers;
    if (!offered.includes(session.cipher)) return;
    agreement.reused = true;
    agreement.session = session;
    agreement.resumedSecret = session.secret;
    agreement.cipher = cipherOf(session.cipher);
    agreement.peer = session.peer.map((der) => certificateOf(Buffer.from(der, "base64")));
    agreement.verify = session.verify as typeof agreement.verify;
  }

  /** Chooses the signature algorithms that both sides accept, if either side restricts them. */
  #chooseSigalgs(hello: ClientHello): boolean {
    const own = this.context.sigalgs?.split(":");
    const offered = hello.sigalgs?.split(":");
    if (!own && !offered) return true;
    const all = own ?? offered ?? [];
    this.agreement.sigalgs = all.filter((name) => !offered || offered.includes(name));
    if (this.agreement.sigalgs.length > 0) return true;
    this.fail("noSharedSigalgs", Alert.handshakeFailure);
    return false;
  }

  #chooseCipher(hello: ClientHello): void {
    const { agreement, context } = this;
    if (agreement.reused) return;
    const tls13 = agreement.version === TLS1_3;
    const own = tls13 ? context.suites : context.ciphers;
    const offered = tls13 ? hello.suites : hello.ciphers;
    const candidates = context.prefersOwnCiphers
      ? own.filter(({ name }) => offered.includes(name))
      : offered.map((name) => own.find((cipher) => cipher.name === name));
    const usable = candidates.filter(
      (cipher): cipher is Cipher => cipher !== undefined && this.#canUse(cipher, hello),
    );
    agreement.cipher = usable[0];
    if (!agreement.cipher) this.fail("noSharedCipher", Alert.handshakeFailure);
  }

  /** Returns the certificate to send, once the cipher is known. */
  #chooseIdentity(): Identity | undefined {
    const { agreement, identities } = this;
    if (agreement.reused) return identities[0];
    const tls13 = agreement.version === TLS1_3;
    const matching = tls13
      ? identities
      : identities.filter(({ kind }) => kind === agreement.cipher?.authentication);
    if (tls13 && matching.length === 0 && !this.#pskAccepted) {
      this.fail("noSignatureAlgorithm", Alert.handshakeFailure);
    }
    return matching.find(({ kind }) => kind === "ECDSA") ?? matching[0];
  }

  #canUse(cipher: Cipher, hello: ClientHello): boolean {
    if (cipher.tls13) return true;
    if (cipher.exchange === "DHE" && this.context.dhBits === undefined) return false;
    if (
      cipher.exchange === "ECDHE" &&
      chooseGroup(this.context.curve, hello.curve, false) === undefined
    ) {
      return false;
    }
    if (cipher.authentication === "PSK") return this.usesPsk && hello.psk;
    return this.identities.some(({ kind }) => kind === cipher.authentication);
  }

  #chooseAlpn(hello: ClientHello): boolean {
    const { agreement } = this;
    agreement.alpn = false;
    if (hello.alpn === undefined) return true;
    const offered = Buffer.from(hello.alpn, "base64");
    const chosen = this.events.chooseProtocol(offered);
    if (chosen === -1) return true;
    if (chosen === undefined) {
      this.fail("noApplicationProtocol", Alert.noApplicationProtocol);
      return false;
    }
    const length = offered[chosen] as number;
    agreement.alpn = offered.toString("latin1", chosen + 1, chosen + 1 + length);
    return true;
  }

  #chooseGroup(hello: ClientHello, identity: Identity | undefined): string | number | undefined {
    const { agreement, context } = this;
    const { dhBits } = context;
    if (agreement.cipher?.exchange === "DHE") {
      if (dhBits !== "auto") return dhBits;
      return identity?.leaf.publicKey.asymmetricKeyDetails?.modulusLength ?? 2_048;
    }
    if (!/any|ECDHE/.test(agreement.cipher?.exchange ?? "")) return undefined;
    return chooseGroup(context.curve, hello.curve, agreement.version === TLS1_3);
  }

  #checkPsk(identity: string, key: string): boolean {
    const psk = this.events.pskServer(identity);
    if (!psk) {
      if (this.agreement.version === TLS1_3) return true;
      this.fail("pskIdentityNotFound", Alert.unknownPskIdentity);
      return false;
    }
    if (Buffer.from(psk).toString("hex") !== key) {
      if (this.agreement.version === TLS1_3) this.fail("binderDoesNotVerify", BINDER_ALERT);
      else this.fail("badRecordMac", Alert.badRecordMac);
      return false;
    }
    this.#pskAccepted = true;
    return true;
  }

  #serverHello(extra: object): Uint8Array {
    const { agreement } = this;
    return encodeMessage(
      Message.serverHello,
      {
        random: agreement.serverRandom,
        version: agreement.version,
        cipher: agreement.cipher?.name,
        reused: agreement.reused,
        group: wireGroup(agreement.group),
        ...extra,
      },
      [],
      SERVER_HELLO_BYTES,
    );
  }

  #flight13(identity: Identity | undefined): void {
    const { agreement } = this;
    this.sendMessages(this.#serverHello({}));
    this.protectSending("tls13");
    this.protectReceiving("tls13");
    const flight = [
      encodeMessage(Message.encryptedExtensions, { alpn: agreement.alpn || undefined }),
    ];
    if (!agreement.reused && !this.#pskAccepted) {
      if (this.requestsCertificate) flight.push(encodeMessage(Message.certificateRequest, {}));
      flight.push(this.certificateMessage(Message.certificate, identity));
      if (this.ocspResponse) {
        flight.push(encodeMessage(Message.certificateStatus, {}, [this.ocspResponse]));
      }
      flight.push(encodeMessage(Message.certificateVerify, {}, [], SIGNATURE_BYTES));
    } else {
      this.shown = identity;
    }
    flight.push(encodeMessage(Message.finished, {}, [], FINISHED_BYTES));
    this.sendMessages(...flight);
  }

  #flight12(identity: Identity | undefined): void {
    const { agreement } = this;
    const withId = !(this.context.usesTickets && this.#hello?.tickets);
    const sessionId = agreement.reused
      ? agreement.session?.id
      : withId
        ? this.random(32).toString("hex")
        : "";
    this.#sessionId = sessionId ?? "";
    const hello = this.#serverHello({ sessionId, alpn: agreement.alpn || undefined });
    if (agreement.reused) {
      this.shown = identity;
      this.sendMessages(hello);
      this.#sendFinished12();
      return;
    }
    const flight = [hello];
    if (agreement.cipher?.authentication !== "PSK") {
      flight.push(this.certificateMessage(Message.certificate, identity));
      if (this.ocspResponse) {
        flight.push(encodeMessage(Message.certificateStatus, {}, [this.ocspResponse]));
      }
    }
    if (agreement.group !== undefined || agreement.cipher?.authentication === "PSK") {
      const hint = { hint: this.pskHint };
      flight.push(encodeMessage(Message.serverKeyExchange, hint, [], KEY_EXCHANGE_BYTES));
    }
    if (this.requestsCertificate) flight.push(encodeMessage(Message.certificateRequest, {}));
    flight.push(encodeMessage(Message.serverHelloDone, {}));
    this.sendMessages(...flight);
  }

  #sessionId = "";

  #sendFinished12(): void {
    this.sendChangeCipherSpec();
    this.protectSending("tls12");
    this.sendMessages(encodeMessage(Message.finished, {}, [], 12));
  }

  #judgeClient(): void {
    if (this.#clientCertificates.length > 0 || !this.requiresCertificate) return;
    const tls13 = this.agreement.version === TLS1_3;
    this.fail("noPeerCertificate", tls13 ? Alert.certificateRequired : Alert.handshakeFailure);
  }

  #finished(): void {
    const { agreement } = this;
    if (!agreement.reused) {
      if (this.requestsCertificate && !this.#pskAccepted) {
        this.verifyPeer(this.#clientCertificates.map((der) => certificateOf(der)));
      } else {
        agreement.peer = [];
        agreement.verify = undefined;
      }
    }
    if (agreement.version === TLS1_3) {
      this.#state = "established";
      // A client that presented a valid ticket keeps it.
      for (let i = 0; i < TICKETS && !agreement.reused; i++) this.#sendTicket();
    } else if (!agreement.reused) {
      this.#session12();
      this.#sendFinished12();
    }
    this.#state = "established";
    this.established = true;
    this.keylogSecrets();
    this.events.handshakeDone();
  }

  #session12(): void {
    if (this.#sessionId === "") {
      this.#sendTicket();
      return;
    }
    this.agreement.session = this.#notes(this.#sessionId);
    this.events.newSession(this.agreement.session);
  }

  #sendTicket(): void {
    const session = this.#notes(this.random(32).toString("hex"));
    const { context, agreement } = this;
    const ticket = context.usesTickets ? sealTicket(session, context.getTicketKeys()) : undefined;
    if (agreement.version === TLS1_3 && ticket === undefined) return;
    this.sendMessages(encodeMessage(Message.newSessionTicket, { id: session.id, ticket }));
    agreement.session ??= session;
    if (agreement.version === TLS1_3) this.events.newSession({ ...session, ticket });
  }

  #notes(id: string): SessionState {
    const { agreement, context } = this;
    return {
      id,
      version: agreement.version,
      cipher: agreement.cipher?.name ?? "",
      servername: agreement.servername || undefined,
      peer: agreement.peer.map(({ raw }) => raw.toString("base64")),
      verify: agreement.verify,
      secret: this.secret.toString("hex"),
      createdMs: this.wallMs(),
      timeoutS: context.sessionTimeoutS,
      context: context.sessionIdContext,
      ticket: undefined,
    };
  }
}
