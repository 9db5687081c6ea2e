/** A client and a server over a link that changes bytes; the server tells its state, and its machine loses power. */
import { createSocket } from "node:dgram";
import { appendFileSync } from "node:fs";
import { world } from "lightcone";

export default world("what is told", (w) => {
  w.host("server", ({ state }) => {
    let count = 0;
    state("role", "leader");
    const socket = createSocket("udp4");
    socket.on("message", () => {
      state("count", ++count);
      appendFileSync("/log", "line");
    });
    socket.bind(9000);
  });
  w.host("client", async ({ op, sleep }) => {
    const socket = createSocket("udp4");
    await new Promise<void>((done) => {
      socket.connect(9000, "10.0.0.1", done);
    });
    for (let n = 0; ; n++) {
      await op("say", "hello", () => {
        console.log(`says ${n}`);
        socket.send("hello");
      });
      await sleep(100);
    }
  });
  w.link({ latency: "5ms" });
  w.tolerate("hangs");
  w.run("3s");
});
