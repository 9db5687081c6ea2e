/** A proxy: listens on one address, connects to another, and puts its toxics on every connection. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Prng } from "../base/prng.ts";
import { type Address, formatAddress } from "./address.ts";
import { Connection } from "./connection.ts";
import type { Toxic } from "./toxic.ts";

/** What happens at a proxy, for logs and views. */
export type ChaosEvent = { readonly proxy: string } & (
  | { readonly kind: "listening"; readonly listen: string; readonly upstream: string }
  | { readonly kind: "stopped" | "removed" }
  | {
      readonly kind: "toxic";
      readonly toxic: Toxic;
      readonly change: "added" | "updated" | "removed";
    }
  | { readonly kind: "opened"; readonly connection: number }
  | {
      readonly kind: "decided";
      readonly connection: number;
      readonly toxic: Toxic;
      readonly what: string;
    }
  | {
      readonly kind: "closed";
      readonly connection: number;
      /** The number of bytes passed on to the server, and to the client. */
      readonly upBytes: number;
      readonly downBytes: number;
      /** Why, unless both ends had finished. */
      readonly reason: string;
    }
);

/** A proxy of a {@link import("./collection.ts").ProxyCollection}. */
export class ChaosProxy {
  readonly name: string;
  readonly #prng: Prng;
  readonly #tell: (event: ChaosEvent) => void;
  #listen: Address;
  #upstream: Address;
  #server: Server | undefined;
  /** Where it listens, once it does: port 0 becomes a real one. */
  #bound: Address | undefined;
  #toxics: Toxic[] = [];
  #connections = new Set<Connection>();
  #count = 0;
  #pastBytes = { upstream: 0, downstream: 0 };

  constructor(
    name: string,
    listen: Address,
    upstream: Address,
    prng: Prng,
    tell: (event: ChaosEvent) => void,
  ) {
    this.name = name;
    this.#listen = listen;
    this.#upstream = upstream;
    this.#prng = prng.fork(name);
    this.#tell = tell;
  }

  /** Whether it listens. */
  get enabled(): boolean {
    return this.#server !== undefined;
  }

  /** Its address as text: the one that it listens on, or would. */
  get listen(): string {
    return formatAddress(this.#bound ?? this.#listen);
  }

  /** Where it connects to, as text. */
  get upstream(): string {
    return formatAddress(this.#upstream);
  }

  /** Its toxics, in the order in which data passes them. */
  get toxics(): readonly Toxic[] {
    return this.#toxics;
  }

  /** The number of open connections. */
  get openConnections(): number {
    return this.#connections.size;
  }

  /** The number of connections that there have been. */
  get allConnections(): number {
    return this.#count;
  }

  /** All bytes that were passed on, each way. */
  get passedBytes(): { readonly upstream: number; readonly downstream: number } {
    const sum = { ...this.#pastBytes };
    for (const { passedBytes } of this.#connections) {
      sum.upstream += passedBytes.upstream;
      sum.downstream += passedBytes.downstream;
    }
    return sum;
  }

  /** Listens. Rejects with Node's error if it cannot. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    const { host, port } = this.#bound ?? this.#listen;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // Without a host Node listens on all addresses, on machines without IPv6 too.
      server.listen({ port, ...(host === "::" ? {} : { host }) }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    // A failed accept (too many files) concerns one connection only.
    server.on("error", () => {});
    this.#server = server;
    const bound = server.address() as AddressInfo;
    this.#bound = { host: bound.address, port: bound.port };
    const { name: proxy, listen, upstream } = this;
    this.#tell({ kind: "listening", proxy, listen, upstream });
  }

  /** Stops listening, and ends all connections. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const ended = [...this.#connections].map((connection) => {
      connection.destroy("the proxy was stopped");
      return connection.closed;
    });
    await Promise.all([closed, ...ended]);
    this.#tell({ kind: "stopped", proxy: this.name });
  }

  /** Whether these addresses are the ones that it has. */
  hasAddresses(listen: Address, upstream: Address): boolean {
    const text = formatAddress(listen);
    const same = text === formatAddress(this.#listen) || text === this.listen;
    return same && formatAddress(upstream) === this.upstream;
  }

  /** Changes the addresses: stops, if they are others than before. */
  async move(listen: Address, upstream: Address): Promise<void> {
    if (this.hasAddresses(listen, upstream)) return;
    await this.stop();
    const moved = formatAddress(listen) !== this.listen;
    if (moved) {
      this.#listen = listen;
      this.#bound = undefined;
    }
    this.#upstream = upstream;
  }

  /** Adds a toxic, to the connections that are open as well. */
  add(toxic: Toxic): void {
    this.#toxics.push(toxic);
    this.#tell({ kind: "toxic", proxy: this.name, toxic, change: "added" });
    for (const connection of this.#connections) connection.apply(toxic);
  }

  /** Lets open connections know that a toxic has other attributes or another toxicity. */
  changed(toxic: Toxic): void {
    this.#tell({ kind: "toxic", proxy: this.name, toxic, change: "updated" });
    for (const connection of this.#connections) connection.apply(toxic);
  }

  /** Takes a toxic away, from the connections that are open as well. */
  remove(toxic: Toxic): void {
    this.#toxics = this.#toxics.filter((other) => other !== toxic);
    this.#tell({ kind: "toxic", proxy: this.name, toxic, change: "removed" });
    for (const connection of this.#connections) connection.remove(toxic);
  }

  #accept(socket: Socket): void {
    const proxy = this.name;
    const number = ++this.#count;
    this.#tell({ kind: "opened", proxy, connection: number });
    const prng = this.#prng.fork(String(number));
    const connection = new Connection(number, socket, this.#upstream, prng, {
      decided: (_, toxic, what) => {
        this.#tell({ kind: "decided", proxy, connection: number, toxic, what });
      },
      closed: (ended, reason) => {
        this.#connections.delete(ended);
        const { upstream: upBytes, downstream: downBytes } = ended.passedBytes;
        this.#pastBytes.upstream += upBytes;
        this.#pastBytes.downstream += downBytes;
        this.#tell({ kind: "closed", proxy, connection: number, upBytes, downBytes, reason });
      },
    });
    this.#connections.add(connection);
    for (const toxic of this.#toxics) connection.apply(toxic);
  }
}
