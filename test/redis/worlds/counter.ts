/** A counter in Redis with an append-only file, on a machine that loses power again and again. */
import { Redis } from "ioredis";
import { world } from "lightcone";
import { redis } from "lightcone/blocks";

/** The world, with what `appendfsync` says, and what a power loss keeps; drawn, unless it is said. */
export function counter(appendfsync: string, keeps?: "prefix"): ReturnType<typeof world> {
  return world(`a counter with appendfsync ${appendfsync} never goes back`, (w) => {
    const store = w.host("store", redis({ config: { appendonly: "yes", appendfsync } }));
    w.host("client", async ({ op, sleep }) => {
      const client = new Redis({ host: store, maxRetriesPerRequest: 0, retryStrategy: () => 50 });
      client.on("error", () => undefined);
      for (;;) {
        await op("incr", () => client.incr("counter")).catch(() => undefined);
        await sleep(20);
      }
    });
    w.faults(
      w.crash(store, {
        how: "machine",
        every: "3s",
        lasts: "200ms..400ms",
        ...(keeps && { keeps }),
      }),
    );
    w.check({
      name: "what was answered is kept",
      judge({ history }) {
        let last = 0;
        for (const { output, outcome } of history.operations) {
          if (outcome !== "ok") continue;
          if (Number(output) <= last) return `${String(output)} came after ${last}`;
          last = Number(output);
        }
        return last > 20 ? true : `only ${last} increments were answered`;
      },
    });
    w.run("15s");
  });
}
