/** Two programs that sync what they accept, on a device that loses writes. The careful one keeps it in five files. */
import { fsyncSync, openSync, writeSync } from "node:fs";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("what is accepted stays", (w) => {
  const copies = { naive: ["/jobs"], careful: ["/one", "/two", "/three", "/four", "/five"] };
  for (const [name, paths] of Object.entries(copies)) {
    w.host(name, async ({ op, sleep, host }) => {
      const files = paths.map((path) => openSync(path, "a"));
      fsyncSync(openSync("/", "r"));
      for (let job = Date.now(); ; job++) {
        await op("accept", host, job, () => {
          for (const file of files) {
            writeSync(file, `${job}\n`);
            fsyncSync(file);
          }
        });
        await sleep("50ms");
      }
    });
  }
  w.check({
    name: "every accepted job is in a file",
    judge({ history, hosts }) {
      const lost = history.operations.find(({ key, input, outcome }) => {
        const { disk } = hosts[String(key)] ?? {};
        const paths = copies[key as keyof typeof copies];
        return (
          outcome === "ok" && !paths.some((path) => disk?.readText(path)?.includes(`${input}\n`))
        );
      });
      return lost === undefined || violated(`job ${lost.input} is lost`, [lost]);
    },
  });
  const both = ["naive", "careful"];
  w.faults(
    w.badWrites(both, { probability: [0.02, 0.1], every: "500ms..1s" }),
    w.crash(both, { how: "machine", keeps: "nothing", lasts: "200ms", every: "1s..2s" }),
  );
  w.run("6s", { calm: "2s" });
});
