/** A world that is another in each process: it finds its way to the real machine's process id. */
import { world } from "lightcone";

const leak = new Function("return process.pid") as () => number;

export default world("the same every time", (w) => {
  w.hosts("worker", 2, async ({ sleep, op, host }) => {
    await sleep(10);
    if (host === "worker-2") await op("ask", leak(), () => {});
    await sleep(10);
  });
  w.run("1s");
});
