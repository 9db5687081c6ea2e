/** A program whose children, cluster workers and threads record operations of their own. */
import { world } from "lightcone";

export default world("a family records together", (w) => {
  w.host("parent", "./family.ts");
  w.host("inline", async ({ op, sleep }) => {
    const { fork } = await import("node:child_process");
    await op("parent", () => {});
    fork(new URL("./family-child.ts", import.meta.url).pathname, ["inline child"]);
    await sleep("1s");
  });
  w.run("5s");
});
