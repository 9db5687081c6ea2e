/** A real server, a proxy in front of it, and clients, on sockets of this machine. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import { addToxic, type Given, newToxic, ProxyCollection } from "../../src/chaos/collection.ts";
import type { ChaosEvent, ChaosProxy } from "../../src/chaos/proxy.ts";
import type { Toxic } from "../../src/chaos/toxic.ts";

const LOCAL = "127.0.0.1";

/** A server, a proxy, and what happened at it. */
export interface Place {
  readonly proxies: ProxyCollection;
  readonly proxy: ChaosProxy;
  readonly events: ChaosEvent[];
  /** The server's ends of the connections, in the order in which they came. */
  readonly served: Socket[];
  add(given: Given): Toxic;
  connect(): Socket;
}

const endings: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A server that gives every connection to `serve`. */
export async function serverOf(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, LOCAL, resolve));
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy in front of a server that does as `serve` says; it echoes if that is not given. */
export async function placeOf(
  serve: (socket: Socket) => void = (socket) => void socket.pipe(socket),
  seed = 1,
): Promise<Place> {
  const events: ChaosEvent[] = [];
  const served: Socket[] = [];
  const proxies = new ProxyCollection(seed, (event) => events.push(event));
  const port = await serverOf((socket) => {
    served.push(socket);
    serve(socket);
  });
  const proxy = await proxies.add({
    name: "p",
    listen: { host: LOCAL, port: 0 },
    upstream: { host: LOCAL, port },
    enabled: true,
  });
  endings.push(() => proxies.stop());
  return {
    proxies,
    proxy,
    events,
    served,
    add(given) {
      const toxic = newToxic(given);
      addToxic(proxy, toxic);
      return toxic;
    },
    connect: () => dial(Number(proxy.listen.split(":").at(-1))),
  };
}

/** Connects a client that lets the other side end first, if it wants to. */
export function dial(port: number): Socket {
  const socket = connect({ port, host: LOCAL, allowHalfOpen: true });
  endings.push(() => void socket.destroy());
  return socket;
}

/** How a connection ended for this end: all bytes, and the error's code if there was one. */
export interface Ended {
  readonly bytes: Buffer;
  readonly pieces: readonly number[];
  /** "end" if the other side had finished. */
  readonly how: string;
}

/** Reads until there is no more. */
export function readAll(socket: Socket): Promise<Ended> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const done = (how: string): void => {
      const pieces = chunks.map(({ length }) => length);
      resolve({ bytes: Buffer.concat(chunks), pieces, how });
    };
    socket.once("end", () => done("end"));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.once("close", () => done("close"));
  });
}

/** Waits as long as the test may take. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((look) => setTimeout(look, 5));
}

/** Bytes that are not the same anywhere. */
export function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 2_654_435_761) >>> 13;
  return bytes;
}
