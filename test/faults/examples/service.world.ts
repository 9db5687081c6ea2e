/**
 * Two shops that charge cards at a service outside, each at its own. The naive one takes whatever comes for an answer. The careful
 * one looks at it, and asks again with the same key when it is none.
 */
import { world } from "lightcone";

export default world("each order is charged once", (w) => {
  for (const who of ["naive", "careful"]) {
    const charges = new Map<string, string>();
    w.outside(`${who}.pay.example`, ({ headers, json }) => {
      const key = headers["idempotency-key"] ?? `${charges.size}`;
      const { order } = json as { order: string };
      if (!charges.has(key)) charges.set(key, order);
      return { body: { order, paid: true } };
    });
    w.host(`shop-${who}`, async ({ always, sleep }) => {
      for (let number = 1; ; number++) {
        const order = `order-${number}`;
        for (let isPaid = false; !isPaid;) {
          try {
            const answer = await fetch(`https://${who}.pay.example/charges`, {
              method: "POST",
              body: JSON.stringify({ order }),
              headers: { "idempotency-key": order },
              signal: AbortSignal.timeout(2_000),
            });
            const said = (await answer.json()) as { order?: string; paid?: boolean };
            isPaid = who === "naive" || (answer.ok && said.order === order && said.paid === true);
            if (isPaid) always(`${who} sends only what is paid`, said.paid === true, said);
          } catch {
            // No answer, or none that could be read.
          }
          await sleep(isPaid ? "100ms" : "200ms");
        }
      }
    });
  }
  w.faults(w.service(undefined, { every: "500ms..1s", lasts: "500ms..2s", by: "500ms..5s" }));
  w.run("6s", { calm: "2s" });
});
