/** List-append from simulated databases, judged by Elle at three levels. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { comparable, explain } from "../elle-compare.mjs";

export const name = "elle-sim-names";

const levels = ["snapshot-isolation", "serializable", "strict-serializable"];

export async function* cases(dir, kit) {
  const path = join(dir, "elle/sim-cases.jsonl.gz");
  if (!existsSync(path)) return;
  const { elleCheck } = await kit.load("check/transactions/elle.js");
  const lattice = await kit.load("check/transactions/anomalies.js");
  for (const line of kit.readLines(path)) {
    const each = JSON.parse(line);
    for (const level of levels) {
      yield {
        name: `${each.db} concurrency ${each.concurrency} limit ${each.limit} keys ${each["key-count"]} seed ${each.seed} ${level}`,
        expected: comparable(each[level], lattice),
        judge() {
          const budget = new kit.Budget({ timeout: "20s" });
          const options = { "consistency-models": [level] };
          const ours = elleCheck("list-append", each.history, options, budget);
          return {
            answer: comparable(ours, lattice),
            explained: explain(each[level], ours, lattice),
          };
        },
      };
    }
  }
}
