/** yjs with y-websocket: two documents edited apart, joined by a server, the same in the end. */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import WebSocket, { WebSocketServer } from "ws";
import * as sync from "y-protocols/sync";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { host, port, ready, roles, say, until } from "./roles.mjs";

await roles({
  server() {
    // What y-websocket's server does for one room: it holds a document, and syncs it with everyone.
    const doc = new Y.Doc();
    const server = new WebSocketServer({ port }, ready);
    const frame = (write) => {
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, 0);
      write(encoder);
      return encoding.toUint8Array(encoder);
    };
    doc.on("update", (update, origin) => {
      const message = frame((encoder) => sync.writeUpdate(encoder, update));
      for (const socket of server.clients) if (socket !== origin) socket.send(message);
    });
    server.on("connection", (socket) => {
      socket.on("message", (data) => {
        const decoder = decoding.createDecoder(new Uint8Array(data));
        if (decoding.readVarUint(decoder) !== 0) return;
        const answer = frame((encoder) => sync.readSyncMessage(decoder, encoder, doc, socket));
        if (answer.length > 1) socket.send(answer);
      });
      socket.send(frame((encoder) => sync.writeSyncStep1(encoder, doc)));
    });
  },
  async client() {
    const open = (name) => {
      const doc = new Y.Doc();
      doc.clientID = name;
      const provider = new WebsocketProvider(`ws://${host}:${port}`, "room", doc, {
        WebSocketPolyfill: WebSocket,
        disableBc: true,
      });
      return { doc, provider, text: doc.getText("t") };
    };
    const [a, b] = [open(1), open(2)];
    const connected = ({ provider }) =>
      new Promise((resolve) => {
        if (provider.wsconnected) resolve();
        provider.on("status", ({ status }) => status === "connected" && resolve());
      });
    await Promise.all([connected(a), connected(b)]);
    a.text.insert(0, "hello");
    await until(() => b.text.toString() === "hello");
    say("seen", b.text.toString());
    b.provider.disconnect();
    await until(() => !b.provider.wsconnected);
    a.text.insert(5, " world");
    b.text.insert(0, ">> ");
    say("apart", a.text.toString(), "|", b.text.toString());
    b.provider.connect();
    await until(() => a.text.toString() === b.text.toString());
    say("joined", a.text.toString());
    a.provider.destroy();
    b.provider.destroy();
  },
});
