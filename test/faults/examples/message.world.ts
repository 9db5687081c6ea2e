/** Two clients that give up waiting after 300 ms. The naive one takes the next message for the answer to its next question. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { world } from "lightcone";

export default world("an answer belongs to its question", (w) => {
  w.host("server", () => {
    const socket = createSocket("udp4").bind(7000);
    socket.on("message", (question, from) => {
      socket.send(`${question} ${Number(question) * 2}`, from.port, from.address);
    });
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      const socket = createSocket("udp4").bind();
      for (let question = 1; ; question++) {
        socket.send(`${question}`, 7000, "server");
        const signal = AbortSignal.timeout(300);
        const [bytes] = await once(socket, "message", { signal }).catch(() => []);
        const [of, answer] = String(bytes).split(" ");
        if (!bytes || (host === "careful" && of !== `${question}`)) continue;
        always(`${host} gets its answer`, Number(answer) === question * 2, { question, answer });
        await sleep("20ms");
      }
    });
  }
  w.faults(w.message(["naive", "careful"], { how: "delay", by: "320ms..2s", every: "500ms..1s" }));
  w.run("6s", { calm: "2s" });
});
