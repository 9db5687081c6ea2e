/**
 * Two programs that say that a number is saved before it is on the disk, and that have a child process count it. The
 * naive one leaves it at that. The careful one saves the rest when it is told to end, and starts its child again when
 * that has ended.
 */
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { world } from "lightcone";

export default world("what is said to be saved is saved", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      const careful = host === "careful";
      const waiting: string[] = [];
      const save = (): void => fs.appendFileSync("/saved", waiting.splice(0).join(""));
      setInterval(save, 400);
      if (careful) {
        process.on("SIGTERM", () => {
          save();
          process.exit(0);
        });
      }
      let child: ChildProcess | undefined;
      const echo = (text: string): Promise<string> =>
        new Promise((resolve) => {
          child ??= spawn("cat");
          child.stdout?.once("data", (bytes) => resolve(String(bytes)));
          child.stdin?.on("error", () => {});
          child.stdin?.write(text);
          if (!careful) return;
          child.once("exit", () => {
            child = undefined;
            resolve(echo(text));
          });
        });
      for (let number = Date.now(); ; number++) {
        await sleep(100);
        await op("count", `${host}-${number}`, () => echo(`${number}`));
        await op("save", `${host}-${number}`, number, async () => {
          waiting.push(`${number}\n`);
        });
      }
    });
  }

  w.check({
    name: "what is said to be saved is on the disk",
    looksFor: ["save"],
    judge({ history, hosts, calmFromNs }) {
      for (const { key, input, outcome, completeNs } of history.operations) {
        if (outcome !== "ok" || completeNs > calmFromNs || input === undefined) continue;
        const host = String(key).split("-")[0] as string;
        const saved = hosts[host]?.disk.readText("/saved") ?? "";
        if (!saved.includes(`${String(input)}\n`)) return `${String(key)} is not on the disk`;
      }
      return true;
    },
  });
  w.run("12s", { calm: "4s" });
});
