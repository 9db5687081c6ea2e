/** HTTP/2 between programs, on simulated hosts and on real Node: what the two ends see is the same. */
import type {
  ClientHttp2Session as Session,
  ClientHttp2Stream as Stream,
  IncomingHttpHeaders as Headers,
  ServerHttp2Stream as ServerStream,
  ServerOptions,
} from "node:http2";
import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { byActor } from "../network/notes.ts";
import { pem, real, simulated, type Story } from "../node-tls/arms.ts";

type Scope = Parameters<Story>[0];

/** A server that answers with `serve`, and a client that does `visit` and then closes. */
function story(
  serve: (stream: ServerStream, headers: Headers, scope: Scope) => void,
  visit: (session: Session, end: () => void, scope: Scope) => void,
  options: ServerOptions = {},
): Story {
  return (scope) => {
    const { http2, log, done } = scope;
    const server = http2.createServer(options);
    server.on("stream", (stream, headers) => {
      stream.on("error", (error) => log("server", "stream error", error));
      serve(stream, headers, scope);
    });
    server.on("sessionError", (error) => log("server", "session error", error));
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const session = http2.connect(`http://127.0.0.1:${port}`);
      session.on("error", (error) => log("client", "session error", error));
      session.on("goaway", (code, last) => log("client", "goaway", code, last));
      session.on("close", () => {
        log("client", "closed");
        server.close(() => done());
      });
      visit(session, () => session.close(), scope);
    });
  };
}

/** Notes all that a stream tells, and `end`s when it closes. */
function follow(name: string, stream: Stream, { log }: Scope, end?: () => void): void {
  let body = "";
  stream.setEncoding("utf8");
  stream.on("response", (headers, flags) =>
    log(name, "response", headers[":status"], headers["x-answer"], flags),
  );
  stream.on("headers", (headers) => log(name, "informed", headers[":status"], headers["link"]));
  stream.on("trailers", (headers) => log(name, "trailers", headers["x-sum"]));
  stream.on("data", (chunk: string) => (body += chunk));
  stream.on("end", () => log(name, "end", body.length, body.slice(0, 20)));
  stream.on("aborted", () => log(name, "aborted"));
  stream.on("error", (error) => log(name, "error", error));
  stream.on("close", () => {
    log(name, "close", stream.rstCode);
    end?.();
  });
}

const stories: readonly [string, Story][] = [
  [
    "a request and its answer",
    story(
      (stream, headers) => {
        stream.respond({ ":status": 200, "x-answer": String(headers[":path"]) });
        stream.end("hello");
      },
      (session, end, scope) => follow("client", session.request({ ":path": "/a" }), scope, end),
    ),
  ],
  [
    "a body that is larger than the windows, both ways",
    story(
      (stream) => {
        stream.respond({ "x-answer": "echo" });
        stream.pipe(stream);
      },
      (session, end, scope) => {
        const stream = session.request({ ":method": "POST" });
        follow("client", stream, scope, end);
        stream.end("0123456789".repeat(30_000));
      },
    ),
  ],
  [
    "informational headers and trailers",
    story(
      (stream) => {
        stream.additionalHeaders({ ":status": 103, link: "</style.css>" });
        stream.respond({ "x-answer": "yes" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "42" }));
        stream.end("counted");
      },
      (session, end, scope) => follow("client", session.request(), scope, end),
    ),
  ],
  [
    "many streams at once",
    story(
      (stream, headers) => {
        stream.respond({ "x-answer": String(headers["x-number"]) });
        stream.end("x".repeat(Number(headers["x-number"]) * 1_000));
      },
      (session, end, scope) => {
        let open = 20;
        for (let i = 0; i < 20; i++) {
          const name = `client-${String(i).padStart(2, "0")}`;
          follow(name, session.request({ "x-number": i }), scope, () => {
            if (--open === 0) end();
          });
        }
      },
      { settings: { maxConcurrentStreams: 5 } },
    ),
  ],
  [
    "a server that resets a stream",
    story(
      (stream) => {
        stream.respond({ "x-answer": "no" });
        stream.close(11);
      },
      (session, end, scope) => follow("client", session.request(), scope, end),
    ),
  ],
  [
    "a client that goes away in the middle",
    story(
      (stream, _headers, { log }) => {
        stream.respond({ "x-answer": "slow" });
        stream.write("some");
        stream.on("aborted", () => log("server", "aborted"));
        stream.on("close", () => log("server", "close", stream.rstCode));
      },
      (session, end, scope) => {
        const stream = session.request({ ":method": "POST" });
        stream.once("data", () => stream.close(8));
        follow("client", stream, scope, end);
      },
    ),
  ],
  [
    "a promised stream",
    story(
      (stream) => {
        stream.pushStream({ ":path": "/style.css" }, (_error, pushed) => {
          pushed.respond({ "x-answer": "style" });
          pushed.end("body { }");
        });
        stream.respond({ "x-answer": "page" });
        stream.end("<html>");
      },
      (session, end, scope) => {
        let open = 2;
        const closed = () => {
          if (--open === 0) end();
        };
        session.on("stream", (pushed: Stream, headers: Headers) => {
          scope.log("pushed", headers[":path"]);
          pushed.on("push", (answer) => scope.log("pushed", "push", answer["x-answer"]));
          follow("pushed", pushed, scope, closed);
        });
        follow("client", session.request(), scope, closed);
      },
    ),
  ],
  [
    "a ping, and settings that change",
    story(
      (stream) => {
        stream.respond();
        stream.end();
      },
      (session, end, { log }) => {
        session.on("remoteSettings", (settings) => log("client", settings.maxConcurrentStreams));
        session.ping(Buffer.from("12345678"), (error, _ms, payload) => {
          log("client", "pong", String(error), payload);
          session.settings({ initialWindowSize: 1_000 }, (problem, settings) => {
            log("client", "settled", String(problem), settings.initialWindowSize);
            end();
          });
        });
      },
      { settings: { maxConcurrentStreams: 7 } },
    ),
  ],
  [
    "headers that are too many",
    story(
      (stream, _headers, { log }) => {
        log("server", "never");
        stream.respond();
        stream.end();
      },
      (session, end, scope) => {
        const headers: Record<string, string> = {};
        for (let i = 0; i < 200; i++) headers[`x-${i}`] = "y";
        follow("client", session.request(headers), scope, end);
      },
    ),
  ],
];

const loopback: LookupFunction = (_host, options, callback) => {
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

describe("HTTP/2", () => {
  for (const [name, tale] of stories) {
    it(`carries ${name}, as real Node does`, async () => {
      const ours = await simulated(tale);
      expect(byActor(ours.lines)).toEqual(byActor(await real(tale)));
    });
  }

  it("is chosen above TLS, and falls back to HTTP/1.1", async () => {
    const keys = { key: pem("server-key"), cert: pem("server-cert") };
    const ca = pem("ca-cert");
    const tale: Story = ({ http2, https, log, done }) => {
      const server = http2.createSecureServer({ ...keys, allowHTTP1: true }, (request, answer) => {
        log("server", request.httpVersion, request.method, request.url);
        answer.end(`by ${request.httpVersion}`);
      });
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as { port: number };
        const session = http2.connect(`https://localhost:${port}`, { ca, lookup: loopback });
        const stream = session.request({ ":path": "/two" });
        stream.setEncoding("utf8");
        stream.on("data", (text) => log("client", session.alpnProtocol, session.encrypted, text));
        stream.on("close", () => session.close());
        session.on("close", () => {
          const options = { port, host: "127.0.0.1", ca, path: "/one", agent: false };
          https.get(options, (answer) => {
            answer.setEncoding("utf8");
            answer.on("data", (text) => log("client", answer.httpVersion, text));
            answer.on("end", () => server.close(() => done()));
          });
        });
      });
    };
    const ours = await simulated(tale);
    expect(byActor(ours.lines)).toEqual(byActor(await real(tale)));
  });

  it("is the same in every run of a seed", async () => {
    const [, tale] = stories[1] as [string, Story];
    const first = await simulated(tale);
    expect(await simulated(tale)).toEqual(first);
  });
});
