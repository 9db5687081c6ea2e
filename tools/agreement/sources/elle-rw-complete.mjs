/**
 * The same registers, decided completely, against what Elle infers without assumptions. Whatever Elle finds
 * must be found; where more is, the smallest part of the history that no order explains is its reason.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

export const name = "elle-rw-complete";

export async function* cases(dir, kit) {
  const path = join(dir, "elle/rw-register-cases.jsonl.gz");
  if (!existsSync(path)) return;
  for (const line of kit.readLines(path)) {
    const { db, seed, results, history } = JSON.parse(line);
    yield {
      name: `${db} seed ${seed}`,
      // Elle calls a history in which nothing depends on anything unknown; it is valid.
      expected: results.default["valid?"] !== false,
      judge() {
        const bytes = new TextEncoder().encode(JSON.stringify(history));
        const read = kit.readHistories(bytes, { name: "case.json" }).histories[0].history;
        const { verdict } = kit.check(read, "rw-register", { timeout: "20s" });
        if (verdict.result === "unknown") return "unknown";
        if (verdict.result === "holds") return true;
        const unnamed = verdict.evidence.find((each) => each.anomaly.startsWith("not-"));
        const explained =
          results.default["valid?"] !== false && unnamed
            ? "Elle infers a part of the versions' order; the complete check finds that no order at all explains some transactions, and shows them"
            : undefined;
        return { answer: false, explained };
      },
    };
  }
}
