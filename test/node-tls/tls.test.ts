/** TLS between programs: who they say they are, what they agree on, and how it fails. */
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { byActor } from "../network/notes.ts";
import { pem, real, type Scope, simulated, type Story } from "./arms.ts";

const ca = pem("ca-cert");
const server = { key: pem("server-key"), cert: pem("server-cert") };
const expired = { key: pem("expired-key"), cert: pem("expired-cert") };
const other = { key: pem("other-key"), cert: pem("other-cert") };
const self = { key: pem("self-key"), cert: pem("self-cert") };
const client = { key: pem("client-key"), cert: pem("client-cert") };

/** One connection: the client says hello, the server echoes, the client ends. */
function echo(options: TlsOptions, clientOptions: ConnectionOptions): Story {
  return ({ tls, log, done }) => {
    const listener = tls.createServer({ ...server, ...options }, (socket) => {
      log("server", "secure", socket.getProtocol(), socket.getCipher().name, socket.authorized);
      log("server", "names", socket.alpnProtocol, (socket as { servername?: unknown }).servername);
      socket.on("data", (data) => socket.write(data));
      socket.on("end", () => log("server", "end"));
      socket.on("error", (error) => log("server", "error", error));
    });
    listener.on("tlsClientError", (error) => log("server", "refused", error));
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as { port: number };
      const socket = tls.connect({ port, host: "127.0.0.1", ca, ...clientOptions }, () => {
        log("client", "secure", socket.authorized, String(socket.authorizationError));
        log("client", "agreed", socket.getProtocol(), socket.getCipher(), socket.alpnProtocol);
        log("client", "peer", socket.getPeerCertificate().subject?.CN);
        socket.write("hello");
      });
      socket.on("data", (data) => {
        log("client", "data", data);
        socket.end();
      });
      socket.on("end", () => log("client", "end"));
      socket.on("error", (error) => log("client", "error", error));
      socket.on("close", (hadError) => {
        log("client", "close", hadError);
        listener.close(() => done());
      });
    });
  };
}

const stories: readonly [string, Story][] = [
  ["agrees on TLS 1.3", echo({}, {})],
  ["agrees on TLS 1.2 when one side knows no more", echo({ maxVersion: "TLSv1.2" }, {})],
  ["says which server it wants", echo({}, { servername: "shop.example.test" })],
  [
    "agrees on a protocol above TLS",
    echo({ ALPNProtocols: ["h2", "http/1.1"] }, { ALPNProtocols: ["http/1.1", "h2"] }),
  ],
  [
    "refuses when there is no protocol in common",
    echo({ ALPNProtocols: ["a"] }, { ALPNProtocols: ["b"] }),
  ],
  ["refuses versions that do not meet", echo({ minVersion: "TLSv1.3" }, { maxVersion: "TLSv1.2" })],
  [
    "refuses ciphers that do not meet",
    echo(
      { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256", maxVersion: "TLSv1.2" },
      { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" },
    ),
  ],
  ["does not trust an unknown authority", echo({}, { ca: [] })],
  ["does not trust a certificate that signed itself", echo(self, {})],
  ["trusts it when told to", echo(self, { ca: self.cert })],
  ["does not trust a certificate that has expired", echo(expired, {})],
  ["does not trust a certificate of another name", echo(other, {})],
  ["goes on without trust when told to", echo(expired, { rejectUnauthorized: false })],
  ["knows a client by its certificate", echo({ requestCert: true, ca }, client)],
  ["asks a client for a certificate that it has not", echo({ requestCert: true, ca }, {})],
  ["asks the same in TLS 1.2", echo({ requestCert: true, ca, maxVersion: "TLSv1.2" }, {})],
  [
    "takes a client without certificate when told to",
    echo({ requestCert: true, rejectUnauthorized: false, ca }, {}),
  ],
];

describe("a TLS connection", () => {
  for (const [name, story] of stories) {
    it(`${name}, as on real Node`, async () => {
      const ours = await simulated(story);
      expect(byActor(ours.lines)).toEqual(byActor(await real(story)));
    });
  }
});

/** A client that comes back with the session of its first visit. */
function returning(version: "TLSv1.2" | "TLSv1.3"): Story {
  return ({ tls, log, done }: Scope) => {
    const listener = tls.createServer({ ...server, maxVersion: version }, (socket) => {
      log("server", "reused", socket.isSessionReused());
      socket.end("welcome");
    });
    listener.listen(0, "127.0.0.1", () => {
      const { port } = listener.address() as { port: number };
      const visit = (session: Buffer | undefined, next: (session: Buffer | undefined) => void) => {
        let kept: Buffer | undefined;
        const socket = tls.connect({ port, host: "127.0.0.1", ca, session }, () =>
          log(
            "client",
            "reused",
            socket.isSessionReused(),
            socket.getPeerCertificate().subject?.CN,
          ),
        );
        socket.on("session", (value) => {
          kept ??= value;
        });
        socket.on("data", (data) => log("client", "data", data));
        socket.on("close", () => next(kept));
        socket.on("end", () => socket.end());
      };
      visit(undefined, (session) => visit(session, () => listener.close(() => done())));
    });
  };
}

describe("a TLS session", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    it(`is taken up again in ${version}`, async () => {
      const ours = await simulated(returning(version));
      expect(byActor(ours.lines)).toEqual(byActor(await real(returning(version))));
      expect(ours.lines).toContain("server reused true");
    });
  }
});

describe("a peer that does not speak TLS", () => {
  it("is an error for a client, and one that says so when a write waits", async () => {
    const story: Story = ({ net, tls, log, done }) => {
      const listener = net.createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      });
      listener.listen(0, "127.0.0.1", () => {
        const { port } = listener.address() as { port: number };
        const quiet = tls.connect({ port, host: "127.0.0.1", ca });
        quiet.on("error", (error) => log("quiet", (error as NodeJS.ErrnoException).code));
        const writer = tls.connect({ port, host: "127.0.0.1", ca });
        writer.write("waits");
        writer.on("error", (error) => log("writer", (error as NodeJS.ErrnoException).code));
        let open = 2;
        for (const socket of [quiet, writer]) {
          socket.on("close", () => {
            if (--open === 0) listener.close(() => done());
          });
        }
      });
    };
    const ours = await simulated(story);
    expect(byActor(ours.lines)).toEqual(byActor(await real(story)));
  });

  it("is an error for a server, which knows HTTP when it sees it", async () => {
    const story: Story = ({ net, tls, log, done }) => {
      const listener = tls.createServer(server);
      listener.on("tlsClientError", (error) => log("server", error));
      listener.listen(0, "127.0.0.1", () => {
        const { port } = listener.address() as { port: number };
        const socket = net.connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
        socket.on("data", (data) => log("client", "data", data.length));
        socket.on("end", () => log("client", "end"));
        socket.on("close", () => listener.close(() => done()));
      });
    };
    const ours = await simulated(story);
    expect(byActor(ours.lines)).toEqual(byActor(await real(story)));
  });
});

describe("TLS in a world", () => {
  const big: Story = ({ tls, log, done }) => {
    const listener = tls.createServer(server, (socket) => {
      let received = 0;
      socket.on("data", (data) => (received += data.length));
      socket.on("end", () => socket.end(String(received)));
    });
    listener.listen(0, () => {
      const { port } = listener.address() as { port: number };
      const socket = tls.connect({ port, host: "localhost", ca }, () =>
        socket.end(Buffer.alloc(1_000_000, 7)),
      );
      socket.on("data", (data) => log("client", data));
      socket.on("close", () => listener.close(() => done()));
    });
  };

  it("carries a million bytes in records of sixteen kilobytes", async () => {
    expect((await simulated(big)).lines).toEqual(["client 1000000"]);
  });

  it("is the same in every run of a seed", async () => {
    const first = await simulated(big);
    expect((await simulated(big)).fingerprint).toBe(first.fingerprint);
    expect((await simulated(big, 2)).fingerprint).not.toBe(first.fingerprint);
  });
});
