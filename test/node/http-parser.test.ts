/** Where ticks run while a packet of HTTP is parsed, and what the parser makes of wrong use, as on real Node. */
import { describe, expect, it } from "vitest";
import { both, hosted, inFolder, runReal } from "./arms.ts";

/**
 * A server with this handler, and a client that sends it these bytes in one packet. It tells its log once the
 * client has so many answers, or its connection is closed, or the handler calls `finish`.
 */
function exchange(handler: string, sent: string, answers = 1): string {
  return `
    import http from "node:http"; import net from "node:net";
    const log = [];
    let answered = "";
    const finish = () => setTimeout(() => {
      console.log(log.join("\\n")); console.log(answered.replace(/Date: .*/g, "")); process.exit(0);
    }, 20);
    const server = http.createServer(${handler});
    server.listen(0, "127.0.0.1", () => {
      const client = net.connect(server.address().port, "127.0.0.1", () => client.write(${JSON.stringify(sent)}));
      client.setEncoding("latin1").on("close", finish).on("data", (data) => {
        const before = answered.split("HTTP/1.1").length; answered += data;
        if (before <= ${answers} && answered.split("HTTP/1.1").length > ${answers}) finish();
      });
    });`;
}

const threeChunks =
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n";
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe("one packet with many parts", () => {
  it("lets ticks and microtasks run between the chunks of a body", async () => {
    const { stdout } = await both(
      exchange(
        `(q, r) => {
          process.nextTick(() => log.push("tick of the request"));
          q.on("data", async (d) => { log.push("in " + d); process.nextTick(() => log.push("tick " + d)); await null; log.push("out " + d); });
          q.on("end", () => { log.push("end"); r.end("x"); });
          q.on("close", () => log.push("close"));
        }`,
        threeChunks,
      ),
    );
    expect(stdout).toContain("in a\ntick a\nout a\nin b\ntick b\nout b\nin c\n");
  });

  it("brings one request after the other, with and without bodies", async () => {
    await both(
      exchange(
        `(q, r) => { log.push("request " + q.url); queueMicrotask(() => log.push("micro " + q.url)); q.resume(); r.end(q.url); r.on("finish", () => log.push("finish " + q.url)); }`,
        get("/1") + threeChunks + get("/2") + get("/3"),
        4,
      ),
    );
  });

  it("stops the parser of a body that is paused, and goes on when it flows again", async () => {
    await both(
      exchange(
        `(q, r) => { q.once("data", (d) => { log.push("first " + d); q.pause(); setTimeout(() => { log.push("on"); q.on("data", (e) => log.push("then " + e)); q.resume(); }, 50); }); q.on("end", () => { log.push("end"); r.end(); }); }`,
        threeChunks,
      ),
    );
  });

  it("hands over what follows the head of an upgrade", async () => {
    const upgrade =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nthe rest";
    const source = exchange("() => {}", upgrade).replace(
      "server.listen",
      `server.on("upgrade", (q, socket, head) => { log.push("head " + head); socket.on("data", (d) => log.push("data " + d)); socket.end("bye"); });\n server.listen`,
    );
    expect((await both(source)).stdout).toContain("head the rest\n");
  });

  it("tells of bytes that are no HTTP with the packet they were in", async () => {
    const source = exchange("(q, r) => r.end()", `${get("/")}nonsense\r\n\r\n`).replace(
      "server.listen",
      `server.on("clientError", (e, socket) => { log.push(e.code + " " + e.rawPacket.length + " " + e.bytesParsed); socket.destroy(); });\n server.listen`,
    );
    expect((await both(source)).stdout).toContain("HPE_INVALID_METHOD");
  });

  it("marks a request whose body nobody read as dumped", async () => {
    await both(
      exchange(
        `(q, r) => { log.push("dumped " + q._dumped); r.end("x"); r.on("finish", () => log.push("finished, dumped " + q._dumped)); setTimeout(() => { log.push("later, dumped " + q._dumped + " " + q.complete); finish(); }, 50); }`,
        threeChunks,
        2,
      ),
    );
  });

  it("gives the listener of raw data the bytes, and takes them from the parser", async () => {
    await both(
      exchange(
        `(q, r) => { q.socket.on("data", (d) => log.push("raw " + d.length)); q.on("data", (d) => log.push("body " + d)); r.end("x"); }`,
        get("/"),
        2,
      ).replace(
        '.on("data"',
        `.once("data", () => client.write(${JSON.stringify(threeChunks)})).on("data"`,
      ),
    );
  });

  it("ends the process when a handler of a chunk throws, or goes on when that is caught", async () => {
    const handler = `(q) => { q.on("data", (d) => { log.push("data " + d); throw new Error("of " + d); }); q.on("end", () => log.push("end")); }`;
    await both(exchange(handler, threeChunks));
    await both(
      `process.on("uncaughtException", (e) => { console.log("caught", e.message); setTimeout(finish, 50); });` +
        exchange(handler, threeChunks),
    );
  });

  it("runs in the context of its connection", async () => {
    await both(
      `
      import http from "node:http"; import { AsyncLocalStorage } from "node:async_hooks";
      const storage = new AsyncLocalStorage();
      const server = http.createServer((q, r) => { q.resume(); q.on("end", () => storage.run(q.url, () => setTimeout(() => r.end(storage.getStore()), 5))); });
      server.listen(0, "127.0.0.1", async () => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        const ask = (name) => storage.run(name, () => new Promise((done) => http.get({ port: server.address().port, path: "/" + name, agent }, (r) => {
          let text = ""; r.on("data", (d) => (text += d + "@" + storage.getStore())); r.on("end", () => done([text, storage.getStore()]));
        })));
        console.log(await Promise.all(["a", "b", "c"].map(ask)));
        process.exit(0);
      });`,
    );
  });
});

describe("the parser itself", () => {
  it("parses what a program hands to it", async () => {
    const source = `
      import { createRequire } from "node:module";
      const { HTTPParser } = createRequire(import.meta.url)("_http_common");
      const p = new HTTPParser(); p.initialize(HTTPParser.REQUEST, {});
      p[HTTPParser.kOnHeadersComplete] = (...a) => console.log("headers", a.slice(0, 4), a[4]);
      p[HTTPParser.kOnBody] = (b) => console.log("body", String(b));
      p[HTTPParser.kOnMessageComplete] = () => console.log("complete");
      console.log(p.execute(Buffer.from("POST /hello HTTP/1.1\\r\\nContent-Length: 2\\r\\n\\r\\nhi")), typeof p[HTTPParser.kOnBody]);
      console.log(p.execute(Buffer.from("nonsense")).code, p.getCurrentBuffer(), p.unconsume());
      const q = new HTTPParser(); q.initialize(HTTPParser.RESPONSE, {}, 0, 0); q[HTTPParser.kOnHeadersComplete] = () => { throw new TypeError("thrown"); };
      try { q.execute(Buffer.from("HTTP/1.1 200 OK\\r\\n\\r\\n")); } catch (e) { console.log(e.message); }
      try { HTTPParser.prototype.execute.call({}, Buffer.alloc(1)); } catch (e) { console.log(e.name); }
      q.close(); console.log(p.free(), HTTPParser.REQUEST, HTTPParser.RESPONSE, HTTPParser.kOnExecute);`;
    await both(source);
  });

  it.each([
    "p.initialize()",
    "p.initialize(7, {})",
    "p.initialize(1, {}, undefined)",
    "(p.initialize(1, {}), p.execute('text'))",
  ])(
    "ends the process of a program that calls it as native code cannot be called: %s",
    async (call) => {
      const source = `
        import { createRequire } from "node:module";
        const { HTTPParser } = createRequire(import.meta.url)("_http_common");
        const p = new HTTPParser(); console.log("before"); ${call}; console.log("after");`;
      const host = await hosted(source);
      const outside = await inFolder(source, {}, (entry) => runReal(entry));
      const ends = [host, outside].map(({ stdout, code, signal }) => ({ stdout, code, signal }));
      expect(ends[0]).toEqual(ends[1]);
      expect(ends[0]).toEqual({ stdout: "before\n", code: null, signal: "SIGABRT" });
    },
  );
});

describe("Buffer.allocUnsafeSlow", () => {
  it("serves with new, too", async () => {
    await both(
      `for (const f of ["allocUnsafe", "allocUnsafeSlow"]) console.log(Buffer[f].name, Buffer[f].length, new Buffer[f](8).length, Buffer[f](3).length, (() => { try { Buffer[f]("x") } catch (e) { return e.code } })());`,
    );
  });
});
