/** Programs from files, with arguments, environment and directory, and one that a supervisor restarts. */
import { createConnection } from "node:net";
import { world } from "lightcone";

export default world("files are programs", (w) => {
  const servers = w.hosts("api", 2, "./server.ts", {
    argv: ["81"],
    env: (name, index) => ({ NAME: `${name} is number ${index}` }),
    cwd: "/srv",
  });
  w.host("client", async ({ op, sleep, random }) => {
    await sleep(10);
    for (const host of servers) {
      await op("ask", host, () => {
        return new Promise((done) => {
          createConnection(81, host).on("data", (data: Buffer) => done(data.toString()));
        });
      });
    }
    await op("random", [random.integer(1, 6), random.pick(["a", "b"]), random() < 1], () => {});
  });
  w.host(
    "fragile",
    async ({ op, sleep }) => {
      await op("start", () => {});
      await sleep(500);
      throw new Error("cannot go on");
    },
    { restart: "1s" },
  );
  w.tolerate("uncaught");
  w.definite((error) => error instanceof TypeError);
  w.host("asker", async ({ op }) => {
    await op("refused", () => Promise.reject(new TypeError("never"))).catch(() => {});
    await op("unknown", () => Promise.reject(new Error("perhaps"))).catch(() => {});
  });
  w.run("4s", { calm: 0 });
});
