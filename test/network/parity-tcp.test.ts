/** What `net` does on a simulated host is what it does on real Node: events, their order, their errors. */
import { describe, expect, test } from "vitest";
import { real, type Scenario, simulated } from "./arms.ts";
import { hasIpv6 } from "./machine.ts";
import { byActor } from "./notes.ts";
import { connected, listen, rest, watch } from "./watch.ts";

/** What no resolver asks others about: a label has 63 letters at most. */
const NO_NAME = `${"x".repeat(64)}.invalid`;

const scenarios: Record<string, Scenario> = {
  "a request and its response, and an orderly end": (scope) => {
    listen(
      scope,
      (socket, server) => {
        watch(scope, "server", socket);
        socket.on("data", () => socket.end("response"));
        socket.on("close", () => server.close());
      },
      (port) => {
        const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
        client.write("request");
      },
    );
  },

  "a port that nobody listens on": (scope) => {
    // One of a server that has just closed would not do: the system may give it to somebody else at once.
    const client = watch(scope, "client", scope.net.connect(1, "127.0.0.1"));
    client.on("close", () => {
      scope.log("destroyed", client.destroyed, client.pending);
      scope.done();
    });
  },

  "a name that does not exist": (scope) => {
    const client = watch(scope, "client", scope.net.connect(80, NO_NAME));
    client.on("close", scope.done);
  },

  "localhost by name": (scope) => {
    listen(
      scope,
      (socket, server) => {
        socket.end();
        server.close();
      },
      (port) => {
        // Which of its addresses comes first is up to the machine's own file of names.
        const options = { port, host: "localhost", family: 4 };
        watch(scope, "client", scope.net.connect(options));
      },
    );
  },

  "a server that is full": (scope) => {
    const server = scope.net.createServer((socket) => {
      scope.log("accepted");
      socket.on("close", () => server.close());
      socket.resume();
    });
    server.maxConnections = 1;
    server.on("drop", (data) => scope.log("drop", Object.keys(data ?? {})));
    server.on("close", scope.done);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const first = scope.net.connect(port, "127.0.0.1", () => {
        const second = watch(scope, "second", scope.net.connect(port, "127.0.0.1"));
        second.on("close", () => first.end());
      });
    });
  },

  "the server ends first, the client may still write": (scope) => {
    const server = scope.net.createServer({ allowHalfOpen: true }, (socket) => {
      watch(scope, "server", socket);
      socket.end("bye");
      socket.on("close", () => server.close());
    });
    server.on("close", () => rest(scope, scope.done));
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const client = scope.net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      watch(scope, "client", client);
      client.on("end", () => {
        scope.log(client.readyState);
        rest(scope, () => client.end("still here"));
      });
    });
  },

  "the peer resets": (scope) => {
    listen(
      scope,
      (socket, server) => {
        socket.on("close", () => server.close());
        socket.on("error", (error) => scope.log("server", error));
        socket.on("data", () => socket.resetAndDestroy());
      },
      (port) => watch(scope, "client", scope.net.connect(port, "127.0.0.1")).write("hello"),
    );
  },

  "writing to one that has reset": (scope) => {
    let reset = (): void => {};
    listen(
      scope,
      (socket) => {
        socket.on("error", (error) => scope.log("server", error));
        reset = () => socket.resetAndDestroy();
      },
      (port, server) => {
        const client = scope.net.connect(port, "127.0.0.1");
        client.pause();
        client.on("error", (error) => scope.log("client", error));
        client.on("close", () => {
          scope.log("client close");
          server.close();
        });
        rest(scope, () => {
          reset();
          rest(scope, () => client.write("a", (error) => scope.log("written", error)));
        });
      },
    );
  },

  "writing after the end of the other side": (scope) => {
    listen(
      scope,
      (socket, server) => {
        socket.end();
        socket.on("close", () => server.close());
        socket.resume();
      },
      (port) => {
        const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
        client.on("end", () => {
          client.write("too late", (error) => scope.log("written", error));
        });
      },
    );
  },

  "closing with unread data resets": (scope) => {
    const server = scope.net.createServer({ pauseOnConnect: true }, (socket) => {
      rest(scope, () => socket.destroy());
      socket.on("close", () => server.close());
    });
    server.on("close", () => rest(scope, scope.done));
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
      client.write("never read");
    });
  },

  "destroyed before it is connected": (scope) => {
    listen(
      scope,
      (socket) => socket.resume(),
      (port, server) => {
        const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
        client.write("x", (error) => scope.log("written", error));
        client.destroy();
        client.on("close", () => rest(scope, () => server.close()));
      },
    );
  },

  "a slow reader stops the writer, and lets it go on": (scope) => {
    const total = 16 * 1024 * 1024;
    listen(
      scope,
      (socket, server) => {
        let received = 0;
        socket.pause();
        socket.on("data", (data) => (received += data.length));
        socket.on("end", () => {
          scope.log("received", received === total);
          socket.end();
          server.close();
        });
        scope.setTimeout(() => socket.resume(), 100);
      },
      (port) => {
        const client = scope.net.connect(port, "127.0.0.1");
        let written = false;
        const whole = scope.Buffer.alloc(total, 1);
        const accepted = client.write(whole, () => {
          written = true;
          scope.log("written", client.bytesWritten === total);
        });
        scope.log("accepted", accepted);
        scope.setTimeout(
          () => scope.log("before it reads", written, client.writableLength > 0),
          50,
        );
        client.on("drain", () => {
          scope.log("drain");
          client.end();
        });
        client.resume();
      },
    );
  },

  "many small writes arrive in order": (scope) => {
    listen(
      scope,
      (socket, server) => {
        let text = "";
        socket.setEncoding("utf8");
        socket.on("data", (data) => (text += data));
        socket.on("end", () => {
          scope.log(text);
          server.close();
        });
        socket.resume();
      },
      (port) => {
        const client = scope.net.connect(port, "127.0.0.1", () => {
          for (let i = 0; i < 10; i++) client.write(`${i},`);
          client.cork();
          client.write("é", "latin1");
          client.write("ü");
          client.write("4869", "hex");
          client.uncork();
          client.end("!");
          scope.log("bytes", client.bytesWritten);
        });
        client.resume();
      },
    );
  },

  "an address in use": (scope) => {
    const first = scope.net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = first.address() as { port: number };
      const second = scope.net.createServer();
      second.on("error", (error) => {
        scope.log(error);
        first.close(scope.done);
      });
      second.listen(port, "127.0.0.1");
    });
  },

  "an address of another machine": (scope) => {
    const server = scope.net.createServer();
    server.on("error", (error) => {
      scope.log(error);
      scope.done();
    });
    server.listen(0, "192.0.2.1");
  },

  "addresses of both ends, over IPv4 and mapped": (scope) => {
    const server = scope.net.createServer((socket) => {
      scope.log(socket.localAddress, socket.localFamily, socket.remoteAddress, socket.remoteFamily);
      scope.log(socket.address());
      socket.end();
      server.close();
    });
    server.on("close", scope.done);
    server.listen(0, () => {
      scope.log(server.address());
      const { port } = server.address() as { port: number };
      const client = scope.net.connect(port, "127.0.0.1", () => {
        scope.log(client.localAddress, client.remoteAddress, client.remoteFamily);
        scope.log(client.remotePort === port, client.address());
      });
      client.resume();
    });
  },

  "a timeout without traffic": (scope) => {
    listen(
      scope,
      (socket, server) => {
        socket.resume();
        socket.on("close", () => server.close());
      },
      (port) => {
        const client = watch(scope, "client", scope.net.connect(port, "127.0.0.1"));
        client.on("connect", () => {
          client.setTimeout(30, () => {
            client.setTimeout(0);
            client.end();
          });
        });
      },
    );
  },

  "a paused connection reads nothing until it is resumed": (scope) => {
    const server = scope.net.createServer({ pauseOnConnect: true }, (socket) => {
      scope.log("reading", socket.isPaused());
      socket.on("data", (data) => scope.log("data", data));
      socket.on("end", () => server.close());
      rest(scope, () => {
        scope.log("resumes");
        socket.resume();
      });
    });
    server.on("close", scope.done);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      scope.net.connect(port, "127.0.0.1").end("hello");
    });
  },

  "reading into a buffer of its own": (scope) => {
    listen(
      scope,
      (socket, server) => {
        socket.end("into the buffer");
        server.close();
      },
      (port) => {
        const buffer = scope.Buffer.alloc(6);
        const client = scope.net.connect({
          port,
          host: "127.0.0.1",
          onread: {
            buffer,
            callback: (count: number, into: Uint8Array) => {
              scope.log(count, scope.Buffer.from(into.subarray(0, count)).toString());
              return true;
            },
          },
        });
        client.on("end", () => scope.log("end"));
      },
    );
  },

  "an abort signal": (scope) => {
    const controller = new AbortController();
    const server = scope.net.createServer();
    server.on("close", () => {
      scope.log("closed");
      scope.done();
    });
    server.listen({ port: 0, host: "127.0.0.1", signal: controller.signal }, () => {
      scope.log("listening");
      controller.abort();
    });
  },

  "a port out of range and a missing one": (scope) => {
    for (const port of [-1, 65_536, Number.NaN]) {
      try {
        scope.net.connect(port, "127.0.0.1");
      } catch (error) {
        scope.log(error);
      }
    }
    scope.done();
  },

  "closing comes after immediates, the latest first": (scope) => {
    const other = scope.net.createServer().listen(0, "127.0.0.1");
    const idle = scope.net.createServer().listen(0, "127.0.0.1");
    connected(scope, (client) => {
      client.on("close", () => scope.log("order: client"));
      other.on("close", () => scope.log("order: other"));
      idle.on("close", () => scope.log("order: idle"));
      client.destroy();
      other.close();
      idle.close();
      scope.setImmediate(() => {
        scope.log("order: immediate");
        scope.setImmediate(() => scope.log("order: next immediate"));
      });
      scope.process.nextTick(() => scope.log("order: tick"));
      void Promise.resolve().then(() => scope.log("order: microtask"));
    });
  },

  "what an immediate closes is closed before the next one": (scope) => {
    connected(scope, (client) => {
      client.on("finish", () => scope.log("order: finish"));
      client.on("close", () => scope.log("order: close"));
      scope.setImmediate(() => {
        client.destroy();
        scope.setImmediate(() => scope.log("order: next immediate"));
      });
    });
  },

  "an end and immediates": (scope) => {
    connected(scope, (client) => {
      client.resume();
      client.on("finish", () => scope.log("order: finish"));
      client.write("x", () => scope.log("order: written"));
      client.end(() => scope.log("order: ended"));
      scope.setImmediate(() => scope.log("order: immediate"));
    });
  },

  "a Unix socket": (scope) => {
    const path = `\0lightcone-${scope.process.pid}`;
    const server = scope.net.createServer((socket) => {
      watch(scope, "server", socket);
      socket.on("end", () => server.close());
      socket.write("welcome");
    });
    server.on("close", scope.done);
    server.listen(path, () => {
      const client = watch(scope, "client", scope.net.connect(path));
      client.once("data", () => client.end("thanks"));
    });
  },

  "a Unix socket that is not there": (scope) => {
    const client = watch(scope, "client", scope.net.connect("/tmp/lightcone/no/such/socket"));
    client.on("close", scope.done);
  },
};

const needsIpv6: ReadonlySet<string> = new Set(["addresses of both ends, over IPv4 and mapped"]);

describe("on a simulated host as on real Node", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test.skipIf(!hasIpv6 && needsIpv6.has(name))(name, async () => {
      const expected = byActor(await real(scenario));
      const actual = byActor(await simulated(scenario));
      expect(actual).toEqual(expected);
      expect(actual.length).toBeGreaterThan(0);
    });
  }
});
