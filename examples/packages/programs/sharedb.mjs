/** sharedb over ws: two clients edit one document at once; operational transformation joins them. */
import http from "node:http";
import { Duplex } from "node:stream";
import ShareDB from "sharedb";
import Client from "sharedb/lib/client/index.js";
import WebSocket, { WebSocketServer } from "ws";
import { host, port, ready, roles, say, until } from "./roles.mjs";

/** What the package websocket-json-stream does. */
function jsonStream(socket) {
  const stream = new Duplex({
    objectMode: true,
    read() {},
    write(message, _encoding, done) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
      done();
    },
  });
  socket.on("message", (data) => stream.push(JSON.parse(data)));
  socket.on("close", () => stream.push(null));
  return stream;
}

const call = (object, method, ...args) =>
  new Promise((resolve, reject) =>
    object[method](...args, (error, value) => (error ? reject(error) : resolve(value))),
  );

await roles({
  server() {
    const backend = new ShareDB();
    const server = http.createServer();
    new WebSocketServer({ server }).on("connection", (socket) =>
      backend.listen(jsonStream(socket)),
    );
    server.listen(port, ready);
  },
  async client() {
    const open = async () => {
      const connection = new Client.Connection(new WebSocket(`ws://${host}:${port}`));
      const doc = connection.get("docs", "one");
      await call(doc, "subscribe");
      return { connection, doc };
    };
    const [a, b] = [await open(), await open()];
    await call(a.doc, "create", { list: [] });
    await until(() => b.doc.data);
    say("created", b.doc.data);
    await Promise.all([
      call(a.doc, "submitOp", [{ p: ["list", 0], li: "a" }]),
      call(b.doc, "submitOp", [{ p: ["list", 0], li: "b" }]),
    ]);
    await until(() => a.doc.version === 3 && b.doc.version === 3);
    say("joined", a.doc.data.list.toSorted(), same(a.doc.data, b.doc.data), a.doc.version);
    a.connection.close();
    b.connection.close();
  },
});

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
