/**
 * Two banks over HTTP, and a customer of each who asks the bank for a balance, which never changes. The banks lie as the world
 * has written: to some requests with a balance that is a little too high and longer than the true one. The naive customer
 * believes it. The careful one asks for the seal, too.
 */
import { createHmac } from "node:crypto";
import { createServer, get } from "node:http";
import { world } from "lightcone";

export default world("a balance is what it is", (w) => {
  const seal = (text: string): string => createHmac("sha256", "key").update(text).digest("hex");
  for (const name of ["naive", "careful"]) {
    w.host(name, () => {
      createServer((_, answer) => {
        answer.setHeader("x-seal", seal("99"));
        answer.end("99");
      }).listen(80);
    });
    w.host(`${name}-customer`, async ({ always, op, sleep }) => {
      const ask = (): Promise<{ text: string; isSealed: boolean }> =>
        new Promise((resolve, reject) => {
          get({ host: name, path: "/balance" }, (answer) => {
            let text = "";
            answer.on("data", (part) => (text += part));
            answer.on("end", () =>
              resolve({ text, isSealed: answer.headers["x-seal"] === seal(text) }),
            );
          }).on("error", reject);
        });
      for (;;) {
        await sleep("50ms");
        const { text, isSealed } = await op("balance", name, ask);
        if (name === "naive" || isSealed) always(`${name} knows the balance`, text === "99");
      }
    });
  }
  w.faults(
    w.byzantine(["naive", "careful"], {
      every: "500ms..1s",
      probability: [0.5, 1],
      lie: ({ text, fields }, peer, random) => {
        if (fields["http.status"] !== 200 || !peer.endsWith("-customer")) return undefined;
        const balance = `1${random.integer(10, 99)}`;
        return text.replace(/content-length: 2/i, "Content-Length: 3").replace(/99$/, balance);
      },
    }),
  );
  w.run("6s", { calm: "2s" });
});
