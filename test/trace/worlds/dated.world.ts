/** A run shortly before a year ends. */
import { world } from "lightcone";

export default world("a year ends", (w) => {
  w.host("clerk", async ({ op, sleep }) => {
    await sleep(10);
    await op("write", "date", () => new Date().toISOString());
  });
  w.check({ name: "it is written", looksFor: ["write"], judge: () => true });
  w.run("1s", { calm: 0, start: "2027-12-31T23:59:00Z" });
});
