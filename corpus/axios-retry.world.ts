/**
 * axios-retry 4.5.0 retries, as its README says, "on network errors and 5xx for idempotent requests". A POST
 * whose answer is lost with its connection is a network error, and is sent again if nothing of the answer has arrived
 * (softonic/axios-retry#66; not mended). A charge is a POST.
 */
import { createServer } from "node:http";
import axios from "axios";
import axiosRetry from "axios-retry";
import { world } from "lightcone";

export default world("an order is charged at most once", (w) => {
  const bank = w.host("bank", ({ op, always, sleep, random }) => {
    const charged = new Map<string, number>();
    createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const { order } = JSON.parse(body) as { order: string };
      charged.set(order, (charged.get(order) ?? 0) + 1);
      void op("charged", order, () => {});
      always("an order is charged at most once", charged.get(order) === 1, { order });
      await sleep(random.integer(5, 100));
      response.end("done");
    }).listen(80);
  });
  const shops = w.hosts("shop", 2, async ({ host, op, sleep, random }) => {
    // Without a time limit, a request waits for ever for an answer that is lost with its machine.
    const client = axios.create({ baseURL: `http://${bank}`, timeout: 5_000 });
    axiosRetry(client, { retries: 3 });
    for (let n = 0; ; n++) {
      const order = `${host}.${n}`;
      await op("charge", order, () =>
        client.post("/charge", { order }).then(({ status }) => status),
      ).catch(() => {});
      await sleep(random.integer(20, 500));
    }
  });
  w.link({ latency: "1ms..20ms" });
  w.faults(w.reset(shops), w.crash(bank), w.partition());
  w.run("60s");
});
