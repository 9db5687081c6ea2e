/**
 * automerge 0.14.2: two peers keep a document in step with `Automerge.Connection`. When their connection is gone, they
 * close() it and open() it again over the next one, as its README says. What was under way when it was lost never
 * arrives, since the connection takes it for received (automerge/automerge-classic#305; the API was replaced).
 */
import { connect, createServer, type Socket } from "node:net";
import Automerge from "automerge";
import { world } from "lightcone";
import { violated } from "lightcone/check";

const WRITES_MS = 16_000;
/** What TCP repeats after a partition may wait for as long again as the partition lasted. */
const REST_MS = 24_000;

export default world("peers converge", (w) => {
  const peer =
    (other: string | undefined) =>
    async ({ host, op, sleep, random }) => {
      const docs = new Automerge.DocSet();
      if (!other)
        docs.setDoc(
          "notes",
          Automerge.change(Automerge.init(), (doc) => void (doc.list = [])),
        );
      let current: Socket | undefined;
      const connection = new Automerge.Connection(docs, (message) => {
        current?.write(`${JSON.stringify(message)}\n`);
      });
      const use = (socket: Socket) => {
        // The other end may know of a lost connection that this one still takes for alive.
        current?.destroy();
        if (current) connection.close();
        current = socket;
        let text = "";
        socket.on("data", (data) => {
          const lines = (text + String(data)).split("\n");
          text = lines.pop() as string;
          for (const line of lines) connection.receiveMsg(JSON.parse(line));
        });
        connection.open();
        socket.on("error", () => {});
        socket.on("close", () => {
          if (current !== socket) return;
          connection.close();
          current = undefined;
        });
      };
      const dial = () => {
        const socket = connect({
          port: 7000,
          host: other as string,
          keepAlive: true,
          keepAliveInitialDelay: 1_000,
        });
        socket.on("error", () => {});
        socket.once("connect", () => use(socket));
        socket.once("close", () => setTimeout(dial, 200));
      };
      if (other) dial();
      else createServer(use).listen(7000);
      const untilMs = Date.now() + WRITES_MS;
      for (let n = 0; Date.now() < untilMs; n++) {
        await sleep(random.integer(100, 2_000));
        const doc = docs.getDoc("notes");
        if (doc)
          docs.setDoc(
            "notes",
            Automerge.change(doc, (draft) => void draft.list.push(`${host}.${n}`)),
          );
      }
      await sleep(REST_MS);
      // A peer that never got the document has no notes.
      await op("read", "notes", () => [...(docs.getDoc("notes")?.list ?? [])].join(" "));
    };
  const a = w.host("a", peer(undefined));
  const b = w.host("b", peer(a));
  w.link({ latency: "1ms..50ms" });
  w.faults(w.reset(b), w.latency(b), w.partition());
  w.check({
    name: "peers converge",
    looksFor: ["read"],
    judge({ history: { operations } }) {
      const reads = operations.filter(({ f, outcome }) => f === "read" && outcome === "ok");
      const [one] = reads;
      return (
        reads.every(({ output }) => output === one?.output) ||
        violated("the peers have different notes", reads)
      );
    },
  });
  w.run("44s", { calm: "26s" });
});
