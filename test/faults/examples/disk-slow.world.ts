/** Two programs that write a file while others read it. The naive one writes in place, the careful one beside it. */
import { open, readFile, rename } from "node:fs/promises";
import { world } from "lightcone";

export default world("a file is read whole", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      const write = async (): Promise<void> => {
        const path = host === "careful" ? "/state.new" : "/state";
        const file = await open(path, "w");
        await file.write("whole");
        await file.close();
        if (host === "careful") await rename(path, "/state");
      };
      await write();
      const writeOn = async (): Promise<never> => {
        for (;;) {
          await write();
          await sleep("100ms");
        }
      };
      void writeOn();
      await sleep("50ms");
      for (;;) {
        await sleep("100ms");
        const text = await readFile("/state", "utf8");
        always(`${host} reads it whole`, text === "whole", { text });
      }
    });
  }
  w.faults(w.diskSlow(["naive", "careful"], { factor: [100, 1_000], every: "1s..2s" }));
  w.run("8s", { calm: "3s" });
});
