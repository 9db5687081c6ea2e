/** Sockets without programs: what the operating systems do, noted with the time at which they do it. */
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import {
  accept,
  bind,
  connect,
  Errno,
  listen,
  Network,
  type StreamEvents,
  TcpSocket,
} from "../../src/sim/network/index.ts";
import type { Process } from "../../src/sim/process.ts";

const errorNames = new Map<number, string>(
  Object.entries(Errno).map(([name, code]) => [code, name]),
);

/** An error's name, or the number. */
export function named(status: number): string {
  return errorNames.get(status) ?? String(status);
}

/** Hosts on a network with 10 ms each way, and a list of what happens. */
export class Bench {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly lines: string[] = [];
  #hosts = 0;

  constructor(seed = 1) {
    this.kernel = new Kernel({ seed });
    this.network = new Network(this.kernel);
    this.network.setLatency({ minNs: 10e6, maxNs: 10e6 });
  }

  host(name: string): Host {
    const host = new Host(this.kernel, { id: ++this.#hosts, name });
    this.network.attach(host);
    return host;
  }

  note(line: string): void {
    const ms = this.kernel.nowNs / 1e6;
    this.lines.push(`${Math.round(ms * 10) / 10} ${line}`);
  }

  /** Runs for so many milliseconds; gives what happened meanwhile. */
  run(ms: number): string[] {
    this.kernel.run(this.kernel.nowNs + ms * 1e6);
    return this.lines.splice(0);
  }

  /** Runs `action` in so many milliseconds. */
  after(ms: number, action: () => void): void {
    this.kernel.schedule(ms * 1e6, 0, 0, action, undefined);
  }

  /** A listening socket whose connections are accepted at once. */
  server(host: Host, port: number, onAccept: (end: End) => void = () => {}): End {
    const end = new End(this, host.spawn(), "server");
    end.onConnection = () => {
      const socket = accept(end.socket);
      if (socket === undefined) return;
      const accepted = new End(this, end.process, "accepted", socket);
      this.note("server accepts");
      onAccept(accepted);
    };
    bind(end.socket, { address: "0.0.0.0", port, family: 4 });
    listen(end.socket, 511);
    return end;
  }

  /** A socket that connects to `address`. */
  client(host: Host, address: string, port: number, name = "client"): End {
    const end = new End(this, host.spawn(), name);
    const status = connect(end.socket, { address, port, family: 4 });
    if (status !== 0) this.note(`${name} ${named(status)} at once`);
    return end;
  }

  /** A connection between two hosts, both ends reading. */
  pair(from: Host, to: Host, port = 7000): { client: End; server: End } {
    let server: End | undefined;
    this.server(to, port, (end) => {
      server = end;
      end.socket.startReading();
    });
    const client = this.client(from, to.address, port);
    this.run(100);
    client.socket.startReading();
    return { client, server: server as End };
  }
}

/** One socket, its process, and what it has received. */
export class End implements StreamEvents {
  readonly socket: TcpSocket;
  readonly process: Process;
  readonly name: string;
  received = 0;
  text = "";
  onConnection: () => void = () => {};
  onData: (bytes: Uint8Array) => void = () => {};
  onWritable: () => void = () => {};
  readonly #bench: Bench;

  constructor(bench: Bench, process: Process, name: string, socket?: TcpSocket) {
    this.#bench = bench;
    this.process = process;
    this.name = name;
    this.socket = socket ?? new TcpSocket(bench.network.stackOf(process.host), process);
    if (socket !== undefined) {
      socket.process = process;
      socket.stack.adopt(process, socket);
    }
    this.socket.events = this;
  }

  /** Writes text; gives how many bytes were taken, or the error's name. */
  write(text: string): number | string {
    const taken = this.socket.write(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
    return taken < 0 ? named(taken) : taken;
  }

  onConnect(status: number): void {
    this.#bench.note(`${this.name} ${status === 0 ? "connected" : named(status)}`);
  }

  onReadable(): void {
    const chunk = this.socket.read(65_536);
    if (typeof chunk === "number") {
      if (chunk !== Errno.EAGAIN) this.#bench.note(`${this.name} reads ${named(chunk)}`);
      if (chunk !== Errno.EAGAIN) this.socket.stopReading();
    } else {
      this.received += chunk.length;
      if (chunk.length <= 64) {
        const text = String.fromCharCode(...chunk);
        this.text += text;
        this.#bench.note(`${this.name} reads "${text}"`);
      }
      this.onData(chunk);
    }
    this.socket.readAgain();
  }
}
