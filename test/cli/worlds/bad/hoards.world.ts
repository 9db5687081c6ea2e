import { world } from "lightcone";
export default world("hoards", (w) => {
  const hoard: Buffer[] = [];
  w.host("a", async ({ sleep }) => {
    for (;;) {
      hoard.push(Buffer.alloc(1_000_000, 1));
      await sleep(1);
    }
  });
  w.run("1h");
});
