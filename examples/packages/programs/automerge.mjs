/** @automerge/automerge (WebAssembly, read from its package): two documents edited apart, synced over ws. */
import { once } from "node:events";
import * as Automerge from "@automerge/automerge";
import { WebSocket, WebSocketServer } from "ws";
import { host, port, ready, roles, say } from "./roles.mjs";

/** Speaks the sync protocol on a socket; `changed` hears of each new state. */
function sync(socket, document, changed) {
  let state = Automerge.initSyncState();
  let doc = document;
  const send = () => {
    let message;
    [state, message] = Automerge.generateSyncMessage(doc, state);
    if (message) socket.send(message);
  };
  socket.on("message", (data) => {
    [doc, state] = Automerge.receiveSyncMessage(doc, state, new Uint8Array(data));
    send();
    changed(doc);
  });
  send();
}

await roles({
  server() {
    let doc = Automerge.from({
      cards: [{ title: "from the server", done: false }],
      text: "one two",
    });
    const server = new WebSocketServer({ port, host: "0.0.0.0" }, ready);
    server.on("connection", (socket) => sync(socket, doc, (next) => (doc = next)));
  },
  async client() {
    let doc = Automerge.from({ count: new Automerge.Counter(3) });
    doc = Automerge.change(doc, "offline", (draft) => {
      draft.count.increment(4);
      draft.mine = { list: [1, 2, 3], when: new Date(0), bytes: new Uint8Array([7]) };
    });
    const socket = new WebSocket(`ws://${host}:${port}`);
    await once(socket, "open");
    doc = await new Promise((joined) => {
      sync(socket, doc, (next) => next.cards !== undefined && joined(next));
    });
    say("joined", doc.cards, doc.text, doc.mine.list, doc.count.value);
    let left = Automerge.clone(doc);
    let right = Automerge.clone(doc);
    left = Automerge.change(left, (draft) => Automerge.splice(draft, ["text"], 0, 3, "eins"));
    right = Automerge.change(right, (draft) => Automerge.splice(draft, ["text"], 7, 0, " three"));
    const merged = Automerge.merge(left, right);
    say("merged", merged.text, Automerge.getHistory(merged).length);
    const saved = Automerge.load(Automerge.save(merged));
    say(
      "saved",
      Automerge.equals(saved, merged),
      Automerge.getConflicts(saved, "text") === undefined,
    );
    socket.close();
  },
});
