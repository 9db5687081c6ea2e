/** Two programs that write a record. The naive one does not look at how many of its bytes were written. */
import fs from "node:fs";
import { world } from "lightcone";

export default world("a record is whole", (w) => {
  const record = Buffer.from("a record of thirty-two characters");
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ always, sleep, host }) => {
      for (;;) {
        const file = fs.openSync("/record", "w");
        let written = fs.writeSync(file, record);
        if (host === "careful") {
          while (written < record.length) written += fs.writeSync(file, record, written);
        }
        fs.closeSync(file);
        const { size } = fs.statSync("/record");
        always(`${host} has written all`, size === record.length, { size });
        await sleep("100ms");
      }
    });
  }
  w.faults(w.shortIo(["naive", "careful"], { every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
