/** automerge-repo over its WebSocket adapters: two repositories share a document, changes made while the server is down arrive afterwards. */
import { Repo } from "@automerge/automerge-repo";
import {
  WebSocketClientAdapter,
  WebSocketServerAdapter,
} from "@automerge/automerge-repo-network-websocket";
import { WebSocketServer } from "ws";
import { crash, host, port, ready, roles, say } from "./roles.mjs";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await roles({
  server() {
    const sockets = new WebSocketServer({ port }, ready);
    const repo = new Repo({
      network: [new WebSocketServerAdapter(sockets)],
      peerId: "server",
      sharePolicy: async () => true,
    });
    repo.on("document", () => {});
  },
  async client() {
    const join = (peerId) =>
      new Repo({ peerId, network: [new WebSocketClientAdapter(`ws://${host}:${port}`, 2000)] });
    const connected = (repo) =>
      new Promise((resolve) => repo.networkSubsystem.once("peer", () => resolve(repo)));
    const one = await connected(join("one"));
    const mine = one.create({ title: "list", items: [] });
    mine.change((doc) => void doc.items.push("from one"));
    // It may not have come to the server yet; a repository remembers that it was not to be had.
    let yours;
    for (let n = 1; yours === undefined; n++) {
      const two = await connected(join(`two ${n}`));
      yours = await two.find(mine.url).catch(() => undefined);
    }
    say("found", yours.doc().title, [...yours.doc().items]);
    yours.change((doc) => void doc.items.push("from two"));
    while (mine.doc().items.length < 2) await wait(10);
    say("merged", [...mine.doc().items]);

    crash();
    mine.change((doc) => void doc.items.push("alone"));
    yours.change((doc) => void (doc.title = "renamed"));
    while (mine.doc().title !== "renamed" || yours.doc().items.length < 3) await wait(20);
    say("joined again", mine.doc().title, [...yours.doc().items]);
    say("heads", String(mine.heads()) === String(yours.heads()));
  },
});
