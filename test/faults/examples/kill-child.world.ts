/** Two programs that let a child process compute. Only the careful one starts another child when that has ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { world } from "lightcone";

export default world("every question is answered", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, async ({ op, sleep, host }) => {
      let child: ChildProcess | undefined;
      const ask = (text: string): Promise<string> =>
        new Promise((resolve) => {
          child ??= spawn("cat");
          child.stdout?.once("data", (bytes) => resolve(String(bytes)));
          child.stdin?.on("error", () => {});
          child.stdin?.write(text);
          if (host === "naive") return;
          child.once("exit", () => {
            child = undefined;
            resolve(ask(text));
          });
        });
      for (let number = 1; ; number++) {
        await sleep("100ms");
        await op("ask", host, () => ask(`${number}`));
      }
    });
  }
  w.faults(w.killChild(["naive", "careful"], { every: "1s..3s" }));
  w.run("6s", { calm: "3s" });
});
