/** What scenarios of `node:net` share: a socket whose events are noted, a server on a free port. */
import type { Scope } from "./arms.ts";

type Socket = import("node:net").Socket;
type Server = import("node:net").Server;

/** Logs every event of a socket that tells something. */
export function watch({ log }: Scope, name: string, socket: Socket): Socket {
  for (const event of ["connect", "ready", "end", "finish", "drain", "timeout"]) {
    socket.on(event, () => log(name, event));
  }
  socket.on("lookup", (error, address, family) => log(name, "lookup", error, address, family));
  socket.on("data", (data) => log(name, "data", data));
  socket.on("error", (error) => log(name, "error", error));
  socket.on("close", (hadError) => log(name, "close", hadError));
  return socket;
}

/** A server on a free port of 127.0.0.1, and what to do once it listens. */
export function listen(
  scope: Scope,
  onConnection: (socket: Socket, server: Server) => void,
  onListening: (port: number, server: Server) => void,
): void {
  const server = scope.net.createServer((socket) => onConnection(socket, server));
  server.on("close", () => {
    scope.log("server close");
    scope.setTimeout(scope.done, 60);
  });
  server.listen(0, "127.0.0.1", () =>
    onListening((server.address() as { port: number }).port, server),
  );
}
