/**
 * sharedb 1.0.0-beta.29 composes a new operation into one that it has already sent, when the answer was lost with the
 * connection and the operation was made before the next one (share/sharedb#327; mended in beta.31). The server
 * knows the first as already submitted, and drops the rest.
 */
import http from "node:http";
import { Duplex } from "node:stream";
import { world } from "lightcone";
import ShareDB from "sharedb";
import Client from "sharedb/lib/client/index.js";
import WebSocket from "ws";

export default world("what an editor shows is what the server has", (w) => {
  const server = w.host("server", () => {
    const backend = new ShareDB();
    const web = http.createServer();
    new WebSocket.Server({ server: web }).on("connection", (socket) =>
      backend.listen(streamOf(socket)),
    );
    const doc = backend.connect().get("docs", "one");
    doc.create({ list: [] }, () => web.listen(80));
  });
  const editors = w.hosts("editor", 2, async ({ host, op, always, sometimes, sleep, random }) => {
    const open = () => {
      const socket = new WebSocket(`ws://${server}`);
      socket.on("error", () => {});
      return socket;
    };
    const first = open();
    const connection = new Client.Connection(first);
    const reopen = async () => {
      await sleep(random.integer(50, 1_000));
      const socket = open();
      connection.bindToSocket(socket);
      socket.on("close", reopen);
    };
    first.on("close", reopen);
    const doc = connection.get("docs", "one");
    doc.on("error", () => {});
    await new Promise<void>((done) => doc.subscribe(() => done()));
    for (let n = 0; ; n++) {
      await sleep(random.integer(50, 1_000));
      const value = `${host}.${n}`;
      const insert = { p: ["list", doc.data.list.length], li: value };
      void op("insert", "one", value, () =>
        promised((done) => doc.submitOp([insert], {}, done)),
      ).catch(() => {});
      if (n % 3 > 0) continue;
      // Asks for the server's document over another connection. The two can be compared when nothing is under way.
      const other = open();
      const its = new Client.Connection(other).get("docs", "one");
      const fetched = await Promise.race([
        promised((done) => its.fetch(done)).then(
          () => true,
          () => false,
        ),
        sleep(2_000),
      ]);
      other.close();
      if (fetched !== true || doc.hasWritePending() || its.version !== doc.version) continue;
      sometimes("the documents can be compared", true);
      const same = JSON.stringify(doc.data) === JSON.stringify(its.data);
      const lists = { mine: doc.data.list.slice(-5), its: its.data.list.slice(-5) };
      always("the editor's document is the server's", same, lists);
    }
  });
  w.tolerate("hangs");
  w.link({ latency: "1ms..50ms" });
  w.faults(w.reset(editors), w.latency(), w.partition());
  w.run("30s");
});

/** A WebSocket of the server as a stream of objects. */
function streamOf(socket: WebSocket): Duplex {
  const stream = new Duplex({
    objectMode: true,
    read() {},
    write(message, _encoding, done) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
      done();
    },
  });
  socket.on("message", (data) => stream.push(JSON.parse(String(data))));
  socket.on("close", () => stream.push(null));
  socket.on("error", () => {});
  return stream;
}

function promised(call: (done: (error?: Error) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}
