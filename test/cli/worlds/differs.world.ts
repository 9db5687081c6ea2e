/** A world that is another in each process: it keeps a count where every run of a process finds it again. */
import { world } from "lightcone";
import { mutex } from "lightcone/check";

const leak = mutex as { count?: number };

export default world("the same every time", (w) => {
  w.hosts("worker", 2, async ({ sleep, op, host }) => {
    await sleep(10);
    if (host === "worker-2") await op("ask", (leak.count = (leak.count ?? 0) + 1), () => {});
    await sleep(10);
  });
  w.run("1s");
});
