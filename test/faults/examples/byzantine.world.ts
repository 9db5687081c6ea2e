/** Two stores that double a number. The careful one's clients believe only what is sealed with a key, and ask again. */
import { createHmac } from "node:crypto";
import { createSocket } from "node:dgram";
import { world } from "lightcone";

export default world("what is believed is true", (w) => {
  const seal = (text: string): string =>
    `${text} ${createHmac("sha256", "key").update(text).digest("hex")}`;
  for (const name of ["naive", "careful"]) {
    w.host(name, () => {
      const socket = createSocket("udp4").bind(7000);
      socket.on("message", (question, from) => {
        socket.send(seal(`${question} ${Number(question) * 2}`), from.port, from.address);
      });
    });
    w.host(`${name}-client`, async ({ always, sleep }) => {
      let asked = 0;
      const socket = createSocket("udp4").on("message", (bytes) => {
        const [question, answer] = String(bytes).split(" ");
        const isSealed = String(bytes) === seal(`${question} ${answer}`);
        if (name === "careful" && !(isSealed && Number(question) === asked)) return;
        always("the answer is twice the question", Number(answer) === asked * 2, { asked, answer });
      });
      for (asked = 1; ; asked++) {
        socket.send(`${asked}`, 7000, name);
        await sleep("50ms");
      }
    });
  }
  w.faults(w.byzantine(["naive", "careful"], { every: "1s..2s", probability: [0.1, 0.5] }));
  w.run("6s", { calm: "2s" });
});
