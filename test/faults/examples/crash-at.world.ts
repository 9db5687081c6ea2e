/** Two programs that replace a file by renaming a new one. Only the careful one syncs the new file before that. */
import fs from "node:fs";
import { world } from "lightcone";

export default world("a file that is replaced is the old or the new one", (w) => {
  const save = (text: string, careful: boolean): void => {
    const file = fs.openSync("/state.new", "w");
    fs.writeSync(file, text);
    if (careful) fs.fsyncSync(file);
    fs.closeSync(file);
    fs.renameSync("/state.new", "/state");
  };
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      for (;;) {
        const text = fs.existsSync("/state") ? fs.readFileSync("/state", "utf8") : "whole";
        always(`${host} finds its state whole`, text === "whole", { text });
        save("whole", host === "careful");
        await sleep("100ms");
      }
    });
  }
  w.faults(
    w.crashAt(["naive", "careful"], { call: "rename", when: "after", how: "machine", down: "1s" }),
  );
  w.run("12s", { calm: "3s" });
});
