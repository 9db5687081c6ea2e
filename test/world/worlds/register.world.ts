/** A register with a cache in front that is told of writes too late: reads go back in time. */
import { createConnection, createServer } from "node:net";
import { world } from "lightcone";
import { consistent } from "lightcone/check";

export default world("the register is linearizable", (w) => {
  const store = w.host("store", () => {
    let value = 0;
    let cached = 0;
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const [verb, text] = data.toString().split(" ");
        if (verb === "read") return void socket.end(String(cached));
        value = Number(text);
        setTimeout(() => (cached = value), 50);
        socket.end("ok");
      });
    }).listen(80);
  });
  const ask = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(80, store, () => socket.write(text));
      socket.on("data", (answer) => resolve(answer.toString()));
      socket.on("error", reject);
    });
  w.host("writer", async ({ op, sleep }) => {
    for (let value = 1; value <= 20; value++) {
      await op("write", "x", value, () => ask(`write ${value}`).then(() => {}));
      await sleep(100);
    }
  });
  w.host("reader", async ({ op, sleep }) => {
    for (let n = 0; n < 100; n++) {
      await op("read", "x", async () => Number(await ask("read")));
      await sleep(20);
    }
  });
  w.check(consistent("register", { initial: 0 }));
  w.run("5s");
});
