/** What scenarios of `node:net` share: a socket whose events are noted, a server on a free port, time to come to rest. */
import type { Scope } from "./arms.ts";

/** How long a loopback interface has, as a rule, to come to rest. */
const REST_MS = 20;
/** Turns of the event loop in which it certainly has come to rest, however late the timer was. */
const REST_TURNS = 20;

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

/**
 * Goes on when all that was set off has come to pass. Time alone would not do: a machine that was held up
 * finds the timer due before it has looked at its sockets, so some turns of its event loop come after it.
 */
export function rest(
  { setTimeout, setImmediate }: Pick<Scope, "setTimeout" | "setImmediate">,
  goOn: () => void,
  ms: number = REST_MS,
): void {
  let turns = REST_TURNS;
  const turn = (): void => {
    if (turns-- > 0) setImmediate(turn);
    else goOn();
  };
  setTimeout(turn, ms);
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
    rest(scope, scope.done);
  });
  server.listen(0, "127.0.0.1", () =>
    onListening((server.address() as { port: number }).port, server),
  );
}

/** What to do with a client once it is connected, to a server that reads until the client has gone. */
export function connected(scope: Scope, onConnect: (client: Socket) => void): void {
  listen(
    scope,
    (socket, server) => {
      socket.resume();
      socket.on("close", () => server.close());
    },
    (port) => {
      const client = scope.net.connect(port, "127.0.0.1", () => onConnect(client));
    },
  );
}
