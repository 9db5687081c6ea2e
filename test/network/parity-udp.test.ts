/** What `dgram` does on a simulated host is what it does on real Node. */
import { describe, expect, test } from "vitest";
import { real, type Scenario, simulated } from "./arms.ts";
import { hasRoute } from "./machine.ts";
import { byActor } from "./notes.ts";

type DgramSocket = import("node:dgram").Socket;

function portOf(socket: DgramSocket): number {
  return socket.address().port;
}

const scenarios: Record<string, Scenario> = {
  "a datagram and its answer": ({ dgram, log, done }) => {
    const server = dgram.createSocket("udp4");
    server.on("message", (message, sender) => {
      log("server got", message, sender.address, sender.family, sender.size);
      server.send("pong", sender.port, sender.address);
    });
    server.bind(0, "127.0.0.1", () => {
      const client = dgram.createSocket("udp4", (message, sender) => {
        log("client got", message, sender.address);
        client.close();
        server.close(() => {
          log("server closed");
          done();
        });
      });
      client.send("ping", portOf(server), "127.0.0.1", (error, bytes) => {
        log("client sent", error, bytes);
      });
    });
  },

  "many buffers are one datagram, and an empty one arrives": ({ dgram, log, done, Buffer }) => {
    const server = dgram.createSocket("udp4");
    const got: string[] = [];
    server.on("message", (message) => {
      got.push(`${message.length}:${message.toString()}`);
      if (got.length < 3) return;
      log("server", got.join(" "));
      server.close(done);
    });
    server.bind(0, "127.0.0.1", () => {
      const client = dgram.createSocket("udp4");
      const port = portOf(server);
      client.send([Buffer.from("one"), "two", new Uint8Array([33])], port, "127.0.0.1", () => {
        client.send(Buffer.from("xsliced"), 1, 6, port, "127.0.0.1", () => {
          client.send("", port, "127.0.0.1", () => client.close());
        });
      });
    });
  },

  "too large a datagram": ({ dgram, log, done, Buffer }) => {
    const client = dgram.createSocket("udp4");
    client.send(Buffer.alloc(65_508), 9_999, "127.0.0.1", (error) => {
      log("client", error);
      client.close(done);
    });
  },

  "a connected socket": ({ dgram, log, done }) => {
    const server = dgram.createSocket("udp4");
    server.on("message", (message, sender) => {
      server.send(`re: ${message.toString()}`, sender.port, sender.address);
    });
    server.bind(0, "127.0.0.1", () => {
      const client = dgram.createSocket("udp4");
      client.on("message", (message) => {
        log("client got", message);
        client.disconnect();
        try {
          client.remoteAddress();
        } catch (error) {
          log("client", error);
        }
        client.close();
        server.close(done);
      });
      client.connect(portOf(server), "127.0.0.1", () => {
        log("client connected", client.remoteAddress().address);
        try {
          client.connect(1, "127.0.0.1");
        } catch (error) {
          log("client", error);
        }
        client.send("hello");
      });
    });
  },

  "a connected socket learns that nobody listens": ({ dgram, log, done }) => {
    const client = dgram.createSocket("udp4");
    client.on("error", (error) => {
      log("client", error);
      client.close(done);
    });
    client.connect(1, "127.0.0.1", () => client.send("anyone?"));
  },

  "a port in use, and one that is shared": ({ dgram, log, done }) => {
    const first = dgram.createSocket({ type: "udp4", reuseAddr: true });
    first.bind(0, "127.0.0.1", () => {
      const port = portOf(first);
      const second = dgram.createSocket("udp4");
      second.on("error", (error) => {
        log("second", error);
        const third = dgram.createSocket({ type: "udp4", reuseAddr: true });
        third.bind(port, "127.0.0.1", () => {
          log("third is bound");
          for (const socket of [first, second, third]) socket.close();
          done();
        });
      });
      second.bind(port, "127.0.0.1");
    });
  },

  "options and buffer sizes": ({ dgram, log, done }) => {
    const socket = dgram.createSocket("udp4");
    try {
      socket.setTTL(3);
    } catch (error) {
      log("unbound", error);
    }
    socket.bind(0, "127.0.0.1", () => {
      log("ttl", socket.setTTL(3), socket.setMulticastTTL(2), socket.setMulticastLoopback(false));
      for (const ttl of [0, 256]) {
        try {
          socket.setTTL(ttl);
        } catch (error) {
          log("ttl", error);
        }
      }
      socket.setBroadcast(true);
      socket.setRecvBufferSize(10_000);
      log("buffers", socket.getRecvBufferSize(), socket.getSendQueueSize());
      for (const group of ["not an address", "10.0.0.1"]) {
        try {
          socket.addMembership(group);
        } catch (error) {
          log("member", error);
        }
      }
      socket.close(done);
    });
  },

  "broadcast needs to be allowed": ({ dgram, log, done }) => {
    const socket = dgram.createSocket("udp4");
    socket.bind(0, () => {
      socket.send("x", 9_999, "255.255.255.255", (error) => {
        log("socket", error);
        socket.close(done);
      });
    });
  },

  "using a socket that is closed": ({ dgram, log, done }) => {
    const socket = dgram.createSocket("udp4");
    socket.close();
    for (const act of [() => socket.close(), () => socket.send("x", 1), () => socket.address()]) {
      try {
        act();
      } catch (error) {
        log("socket", error);
      }
    }
    done();
  },
};

const needsRoute: ReadonlySet<string> = new Set(["broadcast needs to be allowed"]);

describe("on a simulated host as on real Node", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test.skipIf(!hasRoute && needsRoute.has(name))(name, async () => {
      const expected = byActor(await real(scenario));
      const actual = byActor(await simulated(scenario));
      expect(actual).toEqual(expected);
      expect(actual.length).toBeGreaterThan(0);
    });
  }
});
