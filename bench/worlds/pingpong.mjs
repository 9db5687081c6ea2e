/** Two hosts, a fixed 1 ms each way: 64 bytes there and back through `node:net`, on both ends. */
import { runWorld } from "./world.mjs";

export async function pingpong({ roundTrips }) {
  const { exportsOf, wallSeconds } = await runWorld({
    latencyNs: [1_000_000, 1_000_000],
    simSeconds: 1_000_000,
    hosts: [
      { name: "server", program: "echo" },
      { name: "client", program: "pingpong", argv: ["server", String(roundTrips)] },
    ],
  });
  return { roundTrips: exportsOf.client.done, wallSeconds };
}
