/**
 * Two programs that number orders by a counter in Redis. The naive one believes that the counter only grows. The careful
 * one knows the last number that it has handed out, and puts the counter right when it has gone back.
 */
import { Redis } from "ioredis";
import { redis } from "lightcone/blocks";
import { world } from "lightcone";
import { violated } from "lightcone/check";

export default world("no order number is used twice", (w) => {
  const connect = (host: string): Redis => {
    const client = new Redis({ host, commandTimeout: 1_000 });
    client.on("error", () => {});
    return client;
  };
  w.host("naive-redis", redis());
  w.host("careful-redis", redis());
  w.host("naive", async ({ op, sleep }) => {
    const client = connect("naive-redis");
    for (;;) {
      await op("number", "naive", () => client.incr("orders")).catch(() => {});
      await sleep("100ms");
    }
  });
  w.host("careful", async ({ op, sleep }) => {
    const client = connect("careful-redis");
    let last = 0;
    const next = async (): Promise<number> => {
      const number = await client.incr("orders");
      if (number > last) return number;
      await client.incrby("orders", last - number);
      throw new Error("the counter had gone back");
    };
    for (;;) {
      last = await op("number", "careful", next).catch(() => last);
      await sleep("100ms");
    }
  });
  w.check({
    name: "numbers are new",
    judge({ history }) {
      const used = new Map<string, (typeof history.operations)[number]>();
      for (const operation of history.operations) {
        if (operation.outcome !== "ok") continue;
        const number = `${operation.key} ${operation.output}`;
        const before = used.get(number);
        if (before) return violated(`${number} is used twice`, [before, operation]);
        used.set(number, operation);
      }
      return true;
    },
  });
  w.faults(w.block(["naive-redis", "careful-redis"], { lasts: "500ms..3s", every: "500ms..3s" }));
  w.run("12s", { calm: "3s" });
});
