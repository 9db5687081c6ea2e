/** Five hosts, each with a connection to each other one (20 in all), links of 1-5 ms. */
import { runWorld } from "./world.mjs";

const NAMES = ["a", "b", "c", "d", "e"];

export async function heartbeat({ simSeconds }) {
  const { exportsOf, wallSeconds } = await runWorld({
    latencyNs: [1_000_000, 5_000_000],
    simSeconds,
    hosts: NAMES.map((name) => ({
      name,
      program: "heartbeat",
      argv: NAMES.filter((peer) => peer !== name),
    })),
  });
  const messages = NAMES.reduce((sum, name) => sum + exportsOf[name].messages, 0);
  return { simSeconds, messages, wallSeconds };
}
