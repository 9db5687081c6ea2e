/** Two programs that look a name up now and then. The careful one goes on with the last address that it has. */
import { lookup } from "node:dns/promises";
import { world } from "lightcone";

export default world("a known address is used", (w) => {
  w.host("server", () => void setInterval(() => {}, 1_000));
  w.host("naive", async ({ op, sleep, host }) => {
    for (;;) {
      await op("find", host, async () => (await lookup("server")).address);
      await sleep("200ms");
    }
  });
  w.host("careful", async ({ op, sleep, host }) => {
    let { address } = await lookup("server");
    for (;;) {
      await op("find", host, async () => {
        address = await lookup("server").then(
          (found) => found.address,
          () => address,
        );
        return address;
      });
      await sleep("200ms");
    }
  });
  w.faults(w.dns(["naive", "careful"], { how: "unknown", lasts: "500ms..1s", every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
