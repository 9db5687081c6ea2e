/** loro-crdt (WebAssembly, read from its package): two replicas edited apart, joined over HTTP, time travel. */
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { LoroDoc } from "loro-crdt";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    const doc = new LoroDoc();
    doc.getText("text").insert(0, "hello world");
    doc.getList("list").push("from the server");
    doc.commit();
    createServer(async (request, response) => {
      if (request.method === "POST") doc.import(await buffer(request));
      response.end(doc.export({ mode: "snapshot" }));
    }).listen(port, "0.0.0.0", ready);
  },
  async client() {
    const doc = new LoroDoc();
    const get = async () => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const before = await get();
    const mine = doc.getText("text");
    mine.insert(0, "offline ");
    doc.getMap("map").set("key", { nested: [1, 2, 3] });
    doc.getTree("tree").createNode().data.set("name", "root");
    doc.commit();
    doc.import(before);
    const texts = [...mine.toString().matchAll(/hello world|offline /g)].map(String).toSorted();
    say("both texts are there", texts, mine.length);
    const body = doc.export({ mode: "update" });
    const after = await (await fetch(url, { method: "POST", body })).arrayBuffer();
    const copy = LoroDoc.fromSnapshot(new Uint8Array(after));
    say("joined", isDeepStrictEqual(copy.toJSON(), doc.toJSON()));
    say("list and map", copy.toJSON().list, copy.toJSON().map);
    say("operations", copy.opCount(), copy.getTree("tree").roots()[0].data.get("name"));
    const heads = copy.frontiers();
    copy.getText("text").delete(0, 5);
    copy.commit();
    copy.checkout(heads);
    say("as it was", copy.getText("text").toString() === mine.toString(), copy.isDetached());
  },
});
