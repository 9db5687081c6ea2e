/**
 * Two shops that charge customers over HTTP, and a customer of each, who tries again when there is no answer in time. The naive
 * shop charges for each request. The careful one knows an order that it has charged for.
 */
import { createServer, request } from "node:http";
import { world } from "lightcone";

export default world("an order is charged once", (w) => {
  for (const name of ["naive", "careful"]) {
    w.host(name, ({ op }) => {
      const charged = new Set<string>();
      createServer((asked, answer) => {
        let order = "";
        asked.on("error", () => {});
        asked.on("data", (part) => (order += part));
        asked.on("end", () => {
          const known = name === "careful" && charged.has(order);
          charged.add(order);
          if (!known) void op("charge", `${name} ${order}`, () => {});
          answer.end(`charged ${order}`);
        });
      }).listen(80);
    });
    w.host(`${name}-customer`, async ({ op, sleep }) => {
      const pay = (order: string): Promise<string> =>
        new Promise((resolve, reject) => {
          const asked = request({ host: name, path: "/pay", method: "POST", timeout: 1_000 });
          asked.on("timeout", () => asked.destroy(new Error("no answer")));
          asked.on("error", reject);
          asked.on("response", (answer) => {
            let text = "";
            answer.on("error", reject);
            answer.on("data", (part) => (text += part));
            answer.on("end", () => resolve(text));
          });
          asked.end(order);
        });
      for (let number = 1; ; number++) {
        await sleep(100);
        const order = `${number}`.padStart(6, "0");
        await op("order", `${name} ${order}`, async () => {
          while ((await pay(order).catch(() => "")) !== `charged ${order}`) await sleep(100);
        });
      }
    });
  }
  w.check({
    name: "an order is charged once",
    looksFor: ["charge", "order"],
    judge({ history }) {
      const charged = new Set<unknown>();
      for (const { f, key } of history.operations) {
        if (f !== "charge") continue;
        if (charged.has(key)) return `${key} is charged twice`;
        charged.add(key);
      }
      return true;
    },
  });
  w.run("12s", { calm: "3s" });
});
