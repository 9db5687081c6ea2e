/** Every `check` of Elle's own tests over lists, registers and predicates, with its options. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { comparable, explain } from "../elle-compare.mjs";

export const name = "elle-tests-names";

export async function* cases(dir, kit) {
  const path = join(dir, "elle/test-cases.jsonl.gz");
  if (!existsSync(path)) return;
  const { elleCheck } = await kit.load("check/transactions/elle.js");
  const lattice = await kit.load("check/transactions/anomalies.js");
  let number = 0;
  for (const line of kit.readLines(path)) {
    const { checker, test, contexts, opts, history, result } = JSON.parse(line);
    number++;
    // Where Elle itself fails there is nothing to compare with.
    if (result.throws) continue;
    yield {
      name: `${number} ${checker} ${[test, ...contexts].join(" / ")}`,
      expected: comparable(result, lattice),
      judge() {
        const ours = elleCheck(checker, history, opts, new kit.Budget({ timeout: "20s" }));
        return { answer: comparable(ours, lattice), explained: explain(result, ours, lattice) };
      },
    };
  }
}
