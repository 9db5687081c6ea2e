/**
 * `TLSWrap` of `internalBinding('tls_wrap')`: a TLS connection as a stream over another stream.
 * When it writes, which data it holds back, and when a program's writes complete are as in Node's
 * `crypto_tls.cc`.
 */
import { Kind } from "../../../trace/kinds.ts";
import type { Realm } from "../../realm-types.ts";
import { ParentStream, type ParentReader, type StreamHandleLike } from "../parent-stream.ts";
import type { Request } from "../stream.ts";
import { CallbackScope, UV_EOF, type WriteOutcome } from "../stream-base.ts";
import { TlsClient } from "./client.ts";
import { Alert, type ConnectionEvents, TLS1_3, type TlsConnection } from "./connection.ts";
import { TlsReport } from "./report.ts";
import { SecureContext } from "./secure-context.ts";
import { TlsServer } from "./server.ts";
import { decodeSession, encodeSession, type SessionState } from "./session.ts";
import { Buffer } from "node:buffer";
import { wrongVersionError } from "./tls-errors.ts";

const UV_EPROTO = -71;
const UV_ECANCELED = -125;
const PSK_BYTES_MAX = 256;
const NODE_MAJOR = Number.parseInt(process.versions.node, 10);
const PSK_IDENTITY_BYTES_MAX = 128;

/** The class that one process's library finds in the binding. */
export class TLSWrap extends TlsReport implements ParentReader, ConnectionEvents {
  readonly isServer: boolean;
  readonly connection: TlsConnection;
  readonly #parent: ParentStream;
  readonly #symbols: { readonly onpskexchange: symbol; readonly owner_symbol: symbol };
  // Set by the library.
  onhandshakestart: unknown;
  onhandshakedone: unknown;
  onclienthello: unknown;
  oncertcb: unknown;
  onnewsession: unknown;
  onocspresponse: unknown;
  onkeylog: unknown;
  onerror: unknown;
  ALPNCallback: unknown;
  sni_context: unknown;

  #destroyed = false;
  #eof = false;
  #sessionCallbacks = false;
  #certCallback = false;
  #alpnCallback = false;
  #keylogCallback = false;
  #awaitingNewSession = false;
  #previousWrites: boolean;
  #writing = false;
  #finishScheduled = false;
  #cycles = 0;
  /** A write of the program that waits for the handshake, or to be sent. */
  #current: Request | undefined;
  #waiting: Uint8Array[] = [];
  #serverAlpn: Buffer | undefined;

  constructor(
    realm: Realm,
    handle: StreamHandleLike,
    context: SecureContext,
    isServer: boolean,
    previousWrites: boolean,
  ) {
    super(realm, new CallbackScope(realm), "TLSWRAP");
    this.isServer = isServer;
    this.#previousWrites = previousWrites;
    this.#symbols = realm.internalBinding("symbols");
    const prng = randomOf(realm);
    const options = {
      context,
      events: this,
      random: (bytes: number): Buffer => {
        const buffer = Buffer.alloc(bytes);
        prng.fill(buffer);
        return buffer;
      },
      wallMs: () => realm.context.process.host.clock.wallMs(),
    };
    this.connection = isServer ? new TlsServer(options) : new TlsClient(options);
    this.#parent = new ParentStream(realm, this.scope, handle);
    this.#parent.consume(this);
  }

  get writeQueueSize(): number {
    return this.connection.outputBytes;
  }

  get #client(): TlsClient | undefined {
    return this.connection instanceof TlsClient ? this.connection : undefined;
  }

  get #server(): TlsServer | undefined {
    return this.connection instanceof TlsServer ? this.connection : undefined;
  }

  // ------------------------------------------------------------------ in and out

  readStart(): number {
    return this.#destroyed || this.#eof ? 0 : this.#parent.handle.readStart();
  }

  readStop(): number {
    return this.#destroyed ? 0 : this.#parent.handle.readStop();
  }

  onParentRead(count: number, bytes: Uint8Array | undefined): void {
    if (count < 0) {
      // Data that was read before the end is processed first.
      this.#cycle();
      if (this.#eof) return;
      if (count === UV_EOF) this.#eof = true;
      this.emitRead(count);
      return;
    }
    if (this.#destroyed || !bytes) return;
    this.#receive(bytes);
  }

  /** Receives data that the socket had read before it was taken over. */
  receive(bytes: Uint8Array): void {
    if (!this.#destroyed) this.#receive(Uint8Array.from(bytes));
  }

  #receive(bytes: Uint8Array): void {
    this.connection.receive(bytes);
    this.#cycle();
  }

  /** Sends the program's data, if the handshake is done, and then the connection's output. */
  #cycle(): void {
    if (++this.#cycles > 1) return;
    for (; this.#cycles > 0; this.#cycles--) {
      this.#clearIn();
      this.#encOut();
    }
  }

  #clearIn(): void {
    if (this.#destroyed || this.#waiting.length === 0 || !this.connection.established) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) if (chunk.length > 0) this.connection.write(chunk);
  }

  #encOut(): void {
    if (this.#destroyed || this.#previousWrites || this.#writing) return;
    if (this.#awaitingNewSession) return;
    const output = this.connection.takeOutput();
    if (output.length === 0) {
      if (this.#waiting.length === 0 && this.connection.established) this.#finishCurrentSoon();
      return;
    }
    this.#writing = true;
    const { async, error } = this.#parent.write(output, (status) => this.#afterWrite(status));
    if (error) {
      this.#writing = false;
      this.#invokeQueued(error);
    } else if (!async) {
      this.#soon(() => this.#afterWrite(0));
    }
  }

  #afterWrite(status: number): void {
    this.#writing = false;
    if (this.#destroyed) return;
    if (status !== 0) {
      this.#invokeQueued(status);
      return;
    }
    // A program's write is done once all of it has been sent.
    if (this.#waiting.length === 0 && this.connection.outputBytes === 0) this.#invokeQueued(0);
    this.#cycle();
  }

  #finishCurrentSoon(): void {
    if (!this.#current || this.#finishScheduled) return;
    this.#finishScheduled = true;
    this.#soon(() => {
      this.#finishScheduled = false;
      if (!this.#writing) this.#invokeQueued(0);
    });
  }

  #invokeQueued(status: number, message?: string): void {
    const request = this.#current;
    if (!request) return;
    this.#current = undefined;
    if (message !== undefined) Object.assign(request, { error: message });
    this.finish(request, status);
  }

  /** Runs `action` in the loop's next phase, and keeps the process alive until then. */
  #soon(action: () => void): void {
    const { loop, process } = this.realm.context;
    loop.retain();
    process.schedule(
      0,
      Kind.internal,
      () => {
        loop.release();
        this.scope.fromLoop(action);
      },
      undefined,
    );
  }

  protected doWrite(request: Request, chunks: readonly Uint8Array[]): WriteOutcome {
    if (this.#destroyed || this.connection.failed) {
      Object.assign(request, { error: "Write after DestroySSL" });
      return { async: false, error: UV_EPROTO };
    }
    this.#current = request;
    // OpenSSL begins a handshake with the first write, unless it has begun already.
    if (!this.connection.established) this.#client?.startOnce();
    for (const chunk of chunks) this.#waiting.push(Uint8Array.from(chunk));
    this.#clearIn();
    this.#encOut();
    return { async: true, error: 0 };
  }

  shutdown(request: Request): number {
    if (!this.#destroyed && !this.connection.failed && this.connection.established) {
      this.connection.sendAlert(Alert.closeNotify);
      this.#encOut();
    }
    return this.#parent.shutdown((status) => this.finish(request, status));
  }

  writesIssuedByPrevListenerDone(): void {
    this.#previousWrites = false;
    this.#encOut();
  }

  /** Begins the handshake. A server waits for the client's first message. */
  start(): void {
    this.#client?.start();
    this.#encOut();
  }

  destroySSL(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#invokeQueued(UV_ECANCELED, "Canceled because of SSL destruction");
    this.#parent.release();
  }

  // ------------------------------------------------------------------ events of the connection

  handshakeStart(): void {
    const nowMs = Math.floor(this.realm.context.process.host.clock.monotonicNs() / 1e6);
    this.scope.call(this, this.onhandshakestart, [Math.max(1, nowMs)]);
  }

  handshakeDone(): void {
    this.scope.call(this, this.onhandshakedone, []);
  }

  clearText(bytes: Uint8Array): void {
    if (!this.#destroyed && !this.#eof) this.emitRead(bytes.length, bytes);
  }

  closed(): void {
    if (this.#eof || this.#destroyed) return;
    this.#eof = true;
    this.emitRead(UV_EOF);
  }

  error(error: Error): void {
    // The alert is sent before the program is notified and destroys the socket.
    this.#encOut();
    if (this.#current && this.#waiting.length > 0) {
      // Data written during a handshake that fails, fails with it.
      this.#waiting = [];
      this.#invokeQueued(UV_EPROTO, error.message);
    } else {
      this.scope.call(this, this.onerror, [error]);
    }
  }

  clientHello(hello: { sessionId: Buffer; servername: string; tlsTicket: boolean }): boolean {
    const owner = (this as unknown as Record<symbol, { servername?: string } | undefined>)[
      this.#symbols.owner_symbol
    ];
    if (owner && hello.servername !== "") owner.servername = hello.servername;
    if (!this.#sessionCallbacks) return false;
    this.scope.call(this, this.onclienthello, [hello]);
    const ended = this.#parserEnded;
    this.#parserEnded = false;
    this.#parserWaits = !ended;
    return !ended;
  }

  #parserEnded = false;
  #parserWaits = false;

  /** The name of {@link TLSWrap.endParser} since Node 26. */
  clientHelloDone(): void {
    this.endParser();
  }

  endParser(): void {
    if (!this.#parserWaits) {
      this.#parserEnded = true;
      return;
    }
    this.#parserWaits = false;
    this.connection.resume();
    this.#cycle();
  }

  loadSession(session: Uint8Array | null | undefined): void {
    if (this.#server && session) this.#server.loadedSession = decodeSession(session);
  }

  certificate(info: { servername: string; OCSPRequest: boolean }): boolean {
    if (!this.#certCallback) return false;
    this.#certWaits = true;
    this.scope.call(this, this.oncertcb, [info]);
    return this.#certWaits && !this.#destroyed;
  }

  #certWaits = false;

  certCbDone(): void {
    if (!this.#certWaits) return;
    const context = this.sni_context;
    if (context !== undefined && context !== null) {
      if (!(context instanceof SecureContext)) {
        this.scope.call(this, this.onerror, [new TypeError("Invalid SNI context")]);
        return;
      }
      this.connection.context = context;
    }
    this.#certWaits = false;
    if (!this.connection.paused) return;
    this.connection.resume();
    this.#cycle();
  }

  chooseProtocol(offered: Buffer): number | undefined {
    if (this.#alpnCallback) {
      return this.scope.call(this, this.ALPNCallback, [Buffer.from(offered)]) as number | undefined;
    }
    const own = this.#serverAlpn;
    if (!own || own.length === 0) return -1;
    for (const protocol of protocolsOf(own)) {
      const at = offsetOf(offered, protocol);
      if (at >= 0) return at;
    }
    return undefined;
  }

  newSession(session: SessionState): void {
    if (!this.#sessionCallbacks) return;
    if (this.isServer) this.#awaitingNewSession = true;
    const id = Buffer.from(session.id, "hex");
    this.scope.call(this, this.onnewsession, [id, encodeSession(session)]);
  }

  newSessionDone(): void {
    this.#awaitingNewSession = false;
    this.#cycle();
  }

  ocspResponse(response: Buffer | null): void {
    this.scope.call(this, this.onocspresponse, [response]);
  }

  keylog(line: string): void {
    if (this.#keylogCallback) this.scope.call(this, this.onkeylog, [Buffer.from(line)]);
  }

  #pskCallback(...args: readonly unknown[]): unknown {
    const callback = (this as unknown as Record<symbol, unknown>)[this.#symbols.onpskexchange];
    return this.scope.call(this, callback, args);
  }

  pskClient(hint: string | null): { identity: string; psk: Uint8Array } | undefined {
    return this.#pskCallback(hint, PSK_BYTES_MAX, PSK_IDENTITY_BYTES_MAX) as
      | { identity: string; psk: Uint8Array }
      | undefined;
  }

  pskServer(identity: string): Uint8Array | undefined {
    return this.#pskCallback(identity, PSK_BYTES_MAX) as Uint8Array | undefined;
  }

  // ------------------------------------------------------------------ what the library sets

  setVerifyMode(request: boolean, reject: boolean): void {
    if (!this.isServer) return;
    this.connection.requestsCertificate = request;
    this.connection.requiresCertificate = request && reject;
  }

  enableTrace(): void {}

  enableSessionCallbacks(): void {
    this.#sessionCallbacks = true;
  }

  enableKeylogCallback(): void {
    this.#keylogCallback = true;
  }

  enableCertCb(): void {
    this.#certCallback = true;
  }

  enableALPNCb(): void {
    this.#alpnCallback = true;
  }

  enablePskCallback(): void {
    this.connection.usesPsk = true;
  }

  setPskIdentityHint(hint: string): void {
    if (hint.length > PSK_IDENTITY_BYTES_MAX * 2) {
      const { codes } = this.realm.require("internal/errors");
      // Node had a typo in this word before version 24.
      const word = NODE_MAJOR < 24 ? "IDENTIY" : "IDENTITY";
      const code = `ERR_TLS_PSK_SET_${word}_HINT_FAILED`;
      const Failure = codes[code] ?? Error;
      const error = Object.assign(new Failure("Failed to set PSK identity hint"), { code });
      this.scope.call(this, this.onerror, [error]);
      return;
    }
    if (this.#server) this.#server.pskHint = hint;
  }

  setALPNProtocols(protocols: Uint8Array): void {
    const list = Buffer.from(protocols);
    if (this.isServer) this.#serverAlpn = list;
    else this.connection.alpnProtocols = list.length > 0 ? list : undefined;
  }

  setServername(name: string): void {
    if (this.#client) this.#client.servername = name;
  }

  setSession(session: Uint8Array): void {
    if (this.#client) this.#client.offered = decodeSession(session);
  }

  setKeyCert(context: SecureContext): void {
    this.connection.keyCert = context;
  }

  requestOCSP(): void {
    if (this.#client) this.#client.requestsOcsp = true;
  }

  setOCSPResponse(response: Uint8Array): void {
    if (this.#server) this.#server.ocspResponse = Buffer.from(response);
  }

  setMaxSendFragment(size: number): number {
    if (size < 512 || size > 16_384) return 0;
    this.connection.fragmentBytes = size;
    return 1;
  }

  renegotiate(): void {
    const { connection } = this;
    if (connection.agreement.version === TLS1_3) throw wrongVersionError();
    (this.#client ?? this.#server)?.renegotiate();
    this.#cycle();
  }
}

const streams = new WeakMap<Realm, ReturnType<Realm["prng"]["fork"]>>();

/** Returns one stream of randomness for all connections of a process. */
function randomOf(realm: Realm): ReturnType<Realm["prng"]["fork"]> {
  let prng = streams.get(realm);
  if (!prng) streams.set(realm, (prng = realm.prng.fork("tls")));
  return prng;
}

/** Splits a list of names in TLS's wire format: each is preceded by its length. */
function protocolsOf(list: Buffer): Buffer[] {
  const protocols: Buffer[] = [];
  for (let at = 0; at < list.length; at += 1 + (list[at] as number)) {
    protocols.push(list.subarray(at + 1, at + 1 + (list[at] as number)));
  }
  return protocols;
}

function offsetOf(list: Buffer, protocol: Buffer): number {
  for (let at = 0; at < list.length; at += 1 + (list[at] as number)) {
    if (list.subarray(at + 1, at + 1 + (list[at] as number)).equals(protocol)) return at;
  }
  return -1;
}
