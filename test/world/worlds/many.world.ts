/** A world of many busy hosts. */
import { world } from "lightcone";
export default world("many hosts", (w) => {
  w.hosts("host", 300, async ({ sleep }) => {
    for (;;) await sleep(1);
  });
  w.run("200ms");
});
