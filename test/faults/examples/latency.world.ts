/** Two customers that ask again when no answer comes in time. The careful one's requests say which order they are for. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { world } from "lightcone";

export default world("each order is paid once", (w) => {
  w.host("bank", ({ always }) => {
    const paid = new Set<string>();
    const socket = createSocket("udp4").bind(7000);
    socket.on("message", (bytes, from) => {
      const [who, order = "", mayRepeat] = String(bytes).split(" ");
      if (mayRepeat !== "once" || !paid.has(`${who} ${order}`)) {
        always(`${who} pays each order once`, !paid.has(`${who} ${order}`), { order });
        paid.add(`${who} ${order}`);
      }
      socket.send(order, from.port, from.address);
    });
  });
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ sleep, host }) => {
      const socket = createSocket("udp4").bind();
      for (let order = 1; ; order++) {
        for (let answer = ""; answer !== `${order}`;) {
          socket.send(`${host} ${order}${host === "careful" ? " once" : ""}`, 7000, "bank");
          const signal = AbortSignal.timeout(300);
          const heard = await once(socket, "message", { signal }).catch(() => []);
          answer = String(heard[0]);
        }
        await sleep("50ms");
      }
    });
  }
  w.faults(w.latency(["naive", "careful"], { by: "200ms..1s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
