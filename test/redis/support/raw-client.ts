/** A client that sends bytes and shows exactly which bytes came back. */
import { connect, type Socket } from "node:net";
import { encodeRequest, type Reply, ReplyDecoder } from "../../../src/wire/index.ts";

interface Received {
  readonly reply: Reply;
  /** The bytes of the reply, as Latin-1. */
  readonly raw: string;
}

export class RawClient {
  readonly #socket: Socket;
  readonly #decoder: ReplyDecoder = new ReplyDecoder();
  readonly #received: Received[] = [];
  #waiting: (() => void) | undefined;
  /** Set once the server has closed the connection. */
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.#decoder.push(chunk);
      for (let one = this.#decoder.next(); one; one = this.#decoder.next()) {
        this.#received.push(one);
      }
      this.#waiting?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.closed = true;
      this.#waiting?.();
    });
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawClient(socket)));
    });
  }

  /** The server's port. */
  get port(): number {
    return this.#socket.remotePort as number;
  }

  /** Sends bytes as they are. */
  write(bytes: string): void {
    this.#socket.write(bytes, "latin1");
  }

  /** The next reply or push; undefined when the server closed instead. */
  async next(): Promise<Received | undefined> {
    while (this.#received.length === 0) {
      if (this.closed) return undefined;
      await new Promise<void>((resolve) => (this.#waiting = resolve));
      this.#waiting = undefined;
    }
    return this.#received.shift();
  }

  /** How many replies have come and were not taken. */
  get pending(): number {
    return this.#received.length;
  }

  /** Sends a command and gives the bytes of its reply. */
  async raw(...args: string[]): Promise<string> {
    this.write(encodeRequest(args));
    return (await this.next())?.raw ?? "(closed)";
  }

  /** Sends a command and gives its reply. */
  async call(...args: string[]): Promise<Reply> {
    this.write(encodeRequest(args));
    const received = await this.next();
    if (!received) throw new Error("the server closed the connection");
    return received.reply;
  }

  /** Sends commands in one write and gives the bytes of all replies. */
  async pipeline(commands: readonly (readonly string[])[]): Promise<string[]> {
    this.write(commands.map((args) => encodeRequest(args)).join(""));
    const out: string[] = [];
    for (let left = commands.length; left > 0; left--)
      out.push((await this.next())?.raw ?? "(closed)");
    return out;
  }

  close(): void {
    this.#socket.destroy();
  }
}
