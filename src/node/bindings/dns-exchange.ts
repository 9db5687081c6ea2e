/**
 * One query of a resolver that was given servers: over UDP, server by server, in several rounds.
 */
import { MS } from "../../base/units.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { UdpSocket } from "../../sim/network/udp/socket.ts";
import type { EventHandle } from "../../sim/kernel.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { nameOfResponseCode } from "./dns-errors.ts";
import { Buffer } from "node:buffer";
import { type Answers, decodeResponse, encodeQuery } from "./dns-packet.ts";

/** c-ares's default, unless the resolver was given a timeout. */
const DEFAULT_TIMEOUT_MS = 2_000;

/** The options of an exchange. */
export interface ExchangeOptions {
  readonly context: BindingContext;
  readonly servers: readonly (readonly [address: string, port: number])[];
  readonly timeoutMs: number;
  readonly tries: number;
  /** The upper limit of a try's time after doubling; 0 for no limit. */
  readonly maxTimeoutMs: number;
  readonly name: string;
  readonly type: number;
  /** Called once, in the process's context. */
  readonly onEnd: (error: string | undefined, answers: Answers) => void;
}

const NOTHING: Answers = { id: 0, code: 0, truncated: false, all: [] };

/** One query, until it is answered, refused, timed out or cancelled. */
export class DnsExchange {
  readonly #options: ExchangeOptions;
  #socket: UdpSocket | undefined;
  #timer: EventHandle | undefined;
  #attempt = 0;
  #id = 0;
  #ended = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  start(): void {
    const { servers } = this.#options;
    if (servers.length === 0) this.#endLater("ECONNREFUSED");
    else this.#send();
  }

  cancel(): void {
    this.#endLater("ECANCELLED");
  }

  #send(): void {
    const { context, servers, name, type, timeoutMs, maxTimeoutMs } = this.#options;
    const { process } = context;
    const [address, port] = servers[this.#attempt % servers.length] as readonly [string, number];
    this.#id = process.host.prng.fork(`dns.${process.host.kernel.eventId}`).below(0x1_0000);
    const query = encodeQuery(this.#id, name, type);
    if (query === undefined) {
      this.#endLater("EBADNAME");
      return;
    }
    this.#socket?.close();
    const socket = new UdpSocket(stackOf(process.host), process);
    this.#socket = socket;
    socket.events = { onReadable: () => this.#receive() };
    const error = socket.connect(address, port, address.includes(":") ? 6 : 4);
    if (error === 0) {
      socket.startReceiving();
      socket.send(query);
    }
    const round = Math.floor(this.#attempt / servers.length);
    const firstMs = timeoutMs >= 0 ? timeoutMs : DEFAULT_TIMEOUT_MS;
    const limitMs = maxTimeoutMs > 0 ? maxTimeoutMs : Infinity;
    const delayNs = Math.min(firstMs * 2 ** Math.min(round, 10), limitMs) * MS;
    this.#timer = process.schedule(
      delayNs,
      Kind.completion,
      () => this.#next("ETIMEOUT"),
      undefined,
    );
  }

  #receive(): void {
    const received = this.#socket?.receive();
    if (received === undefined || this.#ended) return;
    if (typeof received === "number") {
      this.#next("ECONNREFUSED");
      return;
    }
    let answers: Answers;
    try {
      answers = decodeResponse(Buffer.from(received.payload));
    } catch {
      this.#end("EBADRESP", NOTHING);
      return;
    }
    if (answers.id !== this.#id) {
      this.#socket?.receiveAgain();
      return;
    }
    const error = nameOfResponseCode(answers.code);
    this.#end(error === "" ? undefined : error, answers);
  }

  #next(error: string): void {
    if (this.#ended) return;
    const { context, servers, tries } = this.#options;
    if (this.#timer !== undefined) context.process.cancel(this.#timer);
    if (++this.#attempt < servers.length * tries) this.#send();
    else this.#end(error, NOTHING);
  }

  #endLater(error: string): void {
    const { process } = this.#options.context;
    process.schedule(0, Kind.completion, () => this.#end(error, NOTHING), undefined);
  }

  #end(error: string | undefined, answers: Answers): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== undefined) this.#options.context.process.cancel(this.#timer);
    this.#socket?.close();
    this.#options.onEnd(error, answers);
  }
}
