/** Registers from simulated databases, judged by Elle with each of its assumptions about keys. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { comparable, explain } from "../elle-compare.mjs";

export const name = "elle-rw-register-names";

export async function* cases(dir, kit) {
  const path = join(dir, "elle/rw-register-cases.jsonl.gz");
  if (!existsSync(path)) return;
  const { elleCheck } = await kit.load("check/transactions/elle.js");
  const lattice = await kit.load("check/transactions/anomalies.js");
  for (const line of kit.readLines(path)) {
    const { db, seed, results, history } = JSON.parse(line);
    for (const [assumption, result] of Object.entries(results)) {
      yield {
        name: `${db} seed ${seed} ${assumption}`,
        expected: comparable(result, lattice),
        judge() {
          const options = assumption === "default" ? {} : { [`${assumption}?`]: true };
          const budget = new kit.Budget({ timeout: "20s" });
          const ours = elleCheck("rw-register", history, options, budget);
          return { answer: comparable(ours, lattice), explained: explain(result, ours, lattice) };
        },
      };
    }
  }
}
