/** Two programs that read what they have written. The careful one keeps two copies, each with a checksum. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { world } from "lightcone";

export default world("what is read was written", (w) => {
  const value = "a value that matters";
  const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex");
  w.host("naive", async ({ always, sleep }) => {
    writeFileSync("/value", value);
    for (;;) {
      const read = readFileSync("/value", "utf8");
      always("naive reads what it has written", read === value, { read });
      await sleep("100ms");
    }
  });
  w.host("careful", async ({ always, sleep }) => {
    const copies = ["/one", "/two"];
    const save = (text: string, path: string): void => writeFileSync(path, sumOf(text) + text);
    for (const path of copies) save(value, path);
    for (;;) {
      const texts = copies.map((path) => readFileSync(path, "utf8"));
      const read = texts.find((text) => text.startsWith(sumOf(text.slice(64))))?.slice(64) ?? "";
      for (const path of copies) save(read, path); // mends the other one
      always("careful reads what it has written", read === value, { read });
      await sleep("100ms");
    }
  });
  w.faults(w.bitRot(["naive", "careful"], { every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
