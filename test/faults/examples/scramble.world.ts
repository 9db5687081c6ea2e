/** Two programs that add up what they are sent. Only the careful one knows which datagrams it has had already. */
import { createSocket } from "node:dgram";
import { world } from "lightcone";

export default world("every datagram counts once", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, ({ always, host }) => {
      let sum = 0;
      const seen = new Set<string>();
      createSocket("udp4")
        .bind(7000)
        .on("message", (bytes) => {
          if (host === "careful" && seen.has(String(bytes))) return;
          seen.add(String(bytes));
          sum++;
          always(`${host} has counted each once`, sum === seen.size, { sum, sent: seen.size });
        });
    });
  }
  w.host("sender", async ({ sleep }) => {
    const socket = createSocket("udp4");
    for (let number = 1; ; number++) {
      for (const name of ["naive", "careful"]) socket.send(`${number}`, 7000, name);
      await sleep("20ms");
    }
  });
  w.faults(w.scramble(["naive", "careful"], { how: "duplicate", every: "1s..2s" }));
  w.run("6s", { calm: "2s" });
});
