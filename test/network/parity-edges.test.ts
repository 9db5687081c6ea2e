/**
 * The rarer corners of `net`: what random programs (`random-net.test.ts`) and Linux's rules for ports have
 * turned up, each as a scenario of its own for both arms.
 */
import { describe, expect, test } from "vitest";
import { losesResets, real, type Scenario, type Scope, simulated } from "./arms.ts";
import { byActor } from "./notes.ts";
import { listen, rest, watch } from "./watch.ts";

type Socket = import("node:net").Socket;
type Server = import("node:net").Server;
type ConnectOptions = import("node:net").TcpNetConnectOpts;

/** Runs steps one after the other, with time to come to rest in between; then the scenario is over. */
function inSteps(scope: Scope, steps: (() => void)[]): void {
  const next = (): void => {
    const step = steps.shift();
    if (step === undefined) scope.done();
    else {
      step();
      rest(scope, next);
    }
  };
  next();
}

/** A server that reads, on a free port of 127.0.0.1, and what it has accepted. */
function reader(scope: Scope): { server: Server; port: () => number; sockets: Socket[] } {
  const sockets: Socket[] = [];
  const server = scope.net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.resume().on("error", () => {}));
  });
  server.listen(0, "127.0.0.1");
  return { server, sockets, port: () => (server.address() as { port: number }).port };
}

/** A client that notes how its connecting goes. */
function dial(scope: Scope, name: string, options: ConnectOptions): Socket {
  const socket = scope.net.connect({ host: "127.0.0.1", ...options });
  socket.on("connect", () => scope.log(name, "connected"));
  socket.on("error", (error) => scope.log(name, error));
  return socket.resume();
}

const scenarios: Record<string, Scenario> = {
  "a connection that has ended in both directions has no peer": (scope) => {
    const server = scope.net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().end();
    });
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const client = scope.net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      client.resume();
      client.on("finish", () => {
        rest(scope, () => {
          scope.log("client", client.localAddress, client.remoteAddress ?? "nobody");
          client.destroy();
          server.close(scope.done);
        });
      });
      client.on("connect", () => client.end());
      client.on("close", () => scope.log("client close"));
    });
  },

  "a local address without a port": (scope) => {
    const { server, port } = reader(scope);
    const clients: Socket[] = [];
    inSteps(scope, [
      () => {},
      () => {
        for (const name of ["one", "two"]) {
          clients.push(dial(scope, name, { port: port(), localAddress: "127.0.0.1" }));
        }
      },
      () => {
        const [one, two] = clients as [Socket, Socket];
        scope.log("ports", one.localPort! > 1_023, one.localPort !== two.localPort);
        dial(scope, "elsewhere", { port: port(), localAddress: "192.0.2.1" });
      },
      () => {
        for (const client of clients) client.destroy();
        server.close();
      },
    ]);
  },

  "a reset right behind the last bytes comes after them": (scope) => {
    const server = scope.net.createServer({ pauseOnConnect: true }, (socket) => {
      rest(scope, () => {
        socket.write("take this");
        socket.destroy();
      });
      socket.on("close", () => server.close());
    });
    server.on("close", () => rest(scope, scope.done));
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
      client.write("never read");
    });
  },

  "what a reader that comes late finds before a reset": (scope) => {
    let startReading = (): void => {};
    listen(
      scope,
      (socket, server) => {
        socket.on("error", () => {});
        socket.on("close", () => {
          server.close();
          rest(scope, startReading);
        });
        socket.write("take this");
        rest(scope, () => socket.resetAndDestroy());
      },
      (port) => {
        const client = scope.net.connect(port, "127.0.0.1").pause();
        startReading = () => watch(scope, "client", client).resume();
      },
    );
  },

  "a Unix socket whose other end is closed is a broken pipe": (scope) => {
    const path = `\0lightcone-edge-${scope.process.pid}`;
    const writes: ((socket: Socket) => void)[] = [
      (socket) => socket.write("short"),
      (socket) => socket.write("x".repeat(20_000)),
      (socket) => socket.write(scope.Buffer.from("bytes")),
      (socket) => socket.end(),
    ];
    const server = scope.net.createServer((socket) => socket.destroy()).listen(path);
    inSteps(scope, [
      () => {},
      ...writes.map((write, index) => () => {
        const client = scope.net.connect({ path, allowHalfOpen: true });
        watch(scope, `client${index}`, client);
        client.on("end", () => {
          rest(scope, () => {
            write(client);
            scope.log(`client${index} has written`, client.bytesWritten);
          });
        });
      }),
      () => server.close(),
      () => {},
    ]);
  },

  "a Unix socket that is closed before all is read": (scope) => {
    const path = `\0lightcone-edge-${scope.process.pid}`;
    const server = scope.net.createServer({ pauseOnConnect: true }, (socket) => {
      rest(scope, () => {
        socket.write("take this");
        socket.destroySoon();
      });
      socket.on("close", () => server.close());
    });
    server.on("close", () => rest(scope, scope.done));
    server.listen(path, () => {
      const client = watch(scope, "client", scope.net.connect(path));
      client.write("never read");
    });
  },

  "a full server's Unix socket hears of it before its client writes": (scope) => {
    const path = `\0lightcone-edge-${scope.process.pid}`;
    const server = scope.net.createServer((socket) => void socket.resume());
    server.maxConnections = 1;
    server.on("drop", () => scope.log("drop"));
    server.listen(path, () => {
      const first = scope.net.connect(path, () => {
        const second = watch(scope, "second", scope.net.connect(path));
        second.write("too late");
        second.on("close", () => {
          first.destroy();
          server.close(scope.done);
        });
      });
    });
  },

  "closed in the turn in which it asked for a connection": (scope) => {
    const server = scope.net.createServer((socket) => {
      watch(scope, "server", socket);
      socket.on("close", () => server.close());
    });
    server.on("close", () => rest(scope, scope.done));
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
      scope.process.nextTick(() => client.destroy());
    });
  },

  "two writes in one turn to a peer that is closed": (scope) => {
    listen(
      scope,
      (socket) => socket.destroy(),
      (port, server) => {
        const client = scope.net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
        watch(scope, "client", client).on("close", () => server.close());
        client.on("end", () => {
          rest(scope, () => {
            client.write("one", (error) => scope.log("client one", error));
            client.write("two", (error) => scope.log("client two", error));
          });
        });
      },
    );
  },

  "a client's port": (scope) => {
    const { server, port, sockets } = reader(scope);
    const other = reader(scope);
    const at = { localAddress: "127.0.0.1" };
    const clients: Socket[] = [];
    let waiting = 0;
    const first = (): Socket => clients[0] as Socket;
    inSteps(scope, [
      () => {},
      () => clients.push(dial(scope, "first", { port: port() })),
      () => {
        const localPort = first().localPort as number;
        dial(scope, "the same", { port: port(), ...at, localPort });
        dial(scope, "elsewhere", { port: other.port(), ...at, localPort });
        dial(scope, "a listener's", { port: other.port(), ...at, localPort: port() });
        const listener = scope.net.createServer();
        listener.on("error", (error) => scope.log("listener", error));
        listener.listen(localPort, "127.0.0.1", () => scope.log("listener listens"));
      },
      () => {
        waiting = first().localPort as number;
        first().end();
      },
      () => sockets[0]?.end(),
      () => dial(scope, "in TIME_WAIT", { port: port(), ...at, localPort: waiting }),
      () => {
        const again = scope.net.createServer();
        again.on("error", (error) => scope.log("listener", error));
        again.listen(waiting, "127.0.0.1", () => {
          scope.log("listens where a client waits");
          again.close();
        });
      },
      () => {
        // Of this process alone, and below those that the system gives.
        const localPort = 32_000 + (scope.process.pid % 768);
        for (const name of ["to one", "to one again"]) {
          clients.push(dial(scope, name, { port: port(), ...at, localPort }));
        }
        clients.push(dial(scope, "to another", { port: other.port(), ...at, localPort }));
      },
      () => {
        for (const client of clients) client.resetAndDestroy();
        server.close();
        other.server.close();
      },
      () => {},
    ]);
  },
};

/**
 * libuv before 1.52 takes a hang-up beside the last bytes for the end of the stream, and never reads the
 * reset's error; simulated hosts do as later ones, whatever Node they run on.
 */
const afterHangUp: ReadonlySet<string> = new Set([
  "a reset right behind the last bytes comes after them",
  "what a reader that comes late finds before a reset",
  "a Unix socket that is closed before all is read",
]);

describe("on a simulated host as on real Node", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test.skipIf(losesResets && afterHangUp.has(name))(name, async () => {
      const expected = byActor(await real(scenario));
      const actual = byActor(await simulated(scenario));
      expect(actual).toEqual(expected);
      expect(actual.length).toBeGreaterThan(0);
    });
  }
});
