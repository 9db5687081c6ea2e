/**
 * A small service, written as a user would: two API servers (Express) add orders to a queue (BullMQ, over Redis), three
 * workers ship them, a scheduler requests a report every five seconds, and a client orders and polls until its order is
 * shipped. There are no faults: the benchmark measures the cost of a simulated minute.
 */
import { get, request } from "node:http";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";

export default world("every order is shipped", (w) => {
  w.host("redis", redis());
  const api = w.hosts("api", 2, "./api.js");
  w.hosts("worker", 3, "./worker.js");
  w.host("scheduler", "./scheduler.js");
  w.host("client", async ({ op, sleep, random, always }) => {
    await sleep(1_000);
    for (let n = 0; ; n++) {
      const host = random.pick(api);
      const id = await op("order", n, () => order(host, { item: "tea", count: 1 + (n % 5) }));
      const state = await op("wait", id, async () => {
        for (;;) {
          await sleep(60);
          const { state } = await ask(random.pick(api), id);
          if (state === "completed" || state === "failed") return state;
        }
      });
      always("an order is shipped", state === "completed", { id, state });
      await sleep(random.integer(100, 500));
    }
  });
  w.run("60s");
});

/** Puts an order, and returns its id. */
function order(host: string, body: object): Promise<string> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": text.length };
    request({ host, path: "/orders", method: "POST", headers }, (response) => {
      read(response).then((answer) => resolve((answer as { id: string }).id), reject);
    })
      .on("error", reject)
      .end(text);
  });
}

/** Asks for the state of an order. */
function ask(host: string, id: string): Promise<{ state: string }> {
  return new Promise((resolve, reject) => {
    get({ host, path: `/orders/${id}` }, (response) => {
      read(response).then((answer) => resolve(answer as { state: string }), reject);
    }).on("error", reject);
  });
}

async function read(stream: AsyncIterable<unknown>): Promise<unknown> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return JSON.parse(text);
}
