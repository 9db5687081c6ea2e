/** A store that acknowledges before it syncs, judged by what its disk holds and what it said. */
import { appendFileSync, closeSync, fsyncSync, openSync } from "node:fs";
import { world } from "lightcone";

export default world("what was acknowledged is in the file", (w) => {
  w.host("store", async ({ op, sleep }) => {
    console.log(`started at ${new Date().toISOString()}`);
    for (let number = 1; number <= 50; number++) {
      await sleep(100);
      await op("add", "log", async () => {
        appendFileSync("/data.log", `${number}\n`);
        if (number <= 20) {
          const fd = openSync("/data.log", "r+");
          fsyncSync(fd);
          closeSync(fd);
          const folder = openSync("/", "r");
          fsyncSync(folder);
          closeSync(folder);
        }
        return number;
      });
    }
    process.exit(0);
  });
  w.check({
    name: "the disk has it",
    looksFor: ["add"],
    judge({ history, hosts, faults }) {
      const { disk, durable, output, ends } = hosts["store"] as (typeof hosts)[string];
      const lines = (text = ""): number => text.split("\n").length - 1;
      const added = history.operations.filter(({ outcome }) => outcome === "ok").length;
      return JSON.stringify({
        added,
        seen: lines(disk.readText("/data.log")),
        durable: lines(durable.readText("/data.log")),
        missing: disk.readText("/no/such/file") ?? "none",
        names: disk.list("/")?.includes("data.log"),
        output,
        ends: ends.map(({ how }) => how),
        faults: faults.map(({ words }) => words),
      });
    },
  });
  w.run("8s", { calm: "2s", start: "2028-02-28T23:59:59.500Z" });
});
