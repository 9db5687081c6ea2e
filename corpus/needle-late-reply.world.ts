/**
 * A needle: a planted bug that needs one reply of ten thousand to be late. A client asks its server without pause and takes
 * an answer of more than half a second for none. One of its requests takes a ticket; asked again, the server gives another
 * one.
 */
import { world } from "lightcone";
import { dial, serve } from "./needles/lines.ts";

const REQUESTS = 10_000;
const PATIENCE_MS = 500;

export default world("one ticket is taken", (w) => {
  const server = w.host("server", ({ always }) => {
    let tickets = 0;
    serve(7000, (line) => {
      // The planted bug: it does not know a request that was sent again.
      if (line === "ticket") always("one ticket is taken", ++tickets === 1, { tickets });
      return "ok";
    });
  });
  w.host("client", async ({ op, random, sleep }) => {
    const ask = dial(server, 7000);
    const ticketAt = random.integer(0, REQUESTS - 1);
    for (let n = 0; n < REQUESTS; n++) {
      if (n !== ticketAt) {
        await ask("ping").catch(() => {});
        continue;
      }
      const answered = op("take", "ticket", () => ask("ticket"));
      const isLate = await Promise.race([
        answered.then(() => false),
        sleep(PATIENCE_MS).then(() => true),
      ]);
      if (isLate) await op("take", "ticket", () => ask("ticket"));
    }
  });
  w.tolerate("uncaught", "hangs");
  w.link({ latency: "1ms..2ms" });
  w.faults(w.message(server, { how: "delay" }));
  w.run("50s");
});
