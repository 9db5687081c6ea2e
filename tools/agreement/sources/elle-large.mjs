/** Elle's large histories and those of its paper, by what is known of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export const name = "elle-large";

const known = [
  ["perf/list-append-ssi-c10-n10000.jsonl.gz", "list-append", "strict-serializable", true],
  ["perf/list-append-ssi-c10-n100000.jsonl.gz", "list-append", "strict-serializable", true],
  ["perf/list-append-si-c10-n10000.jsonl.gz", "list-append", "snapshot-isolation", true],
  ["perf/list-append-si-c10-n10000.jsonl.gz", "list-append", "serializable", false],
  ["perf/list-append-si-c10-n100000.jsonl.gz", "list-append", "snapshot-isolation", true],
  ["perf/list-append-si-c10-n100000.jsonl.gz", "list-append", "serializable", false],
  ["perf/list-append-prefix-c10-n10000.jsonl.gz", "list-append", "serializable", false],
  ["perf/rw-register-perfect-n10000.jsonl.gz", "rw-register", "strict-serializable", true],
  ["perf/rw-register-perfect-n100000.jsonl.gz", "rw-register", "strict-serializable", true],
  ["histories/huge-scc.edn.gz", "list-append", "strict-serializable", false],
  ["histories/paper-example.edn.gz", "list-append", "strict-serializable", false],
  // Elle's test of it: not repeatable read, and no claim about snapshot isolation.
  ["histories/si-without-g-single.edn.gz", "list-append", "snapshot-isolation", true],
  ["histories/si-without-g-single.edn.gz", "list-append", "repeatable-read", false],
];

export async function* cases(dir, kit) {
  for (const [file, model, level, expected] of known) {
    const path = join(dir, "elle", file);
    if (!existsSync(path)) continue;
    yield {
      name: `${file} ${level}`,
      expected,
      judge: () => kit.verdictOf(kit.readHistory(path, { lonely: true }), model, { level }),
    };
  }
}
