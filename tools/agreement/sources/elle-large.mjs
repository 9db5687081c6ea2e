/** Elle's large histories and those of its paper, by what is known of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export const name = "elle-large";

const known = [
  ["histories/huge-scc.edn.gz", "list-append", "strict-serializable", false],
  ["histories/paper-example.edn.gz", "list-append", "strict-serializable", false],
  // Elle's test of it: not repeatable read, and no claim about snapshot isolation.
  ["histories/si-without-g-single.edn.gz", "list-append", "snapshot-isolation", true],
  ["histories/si-without-g-single.edn.gz", "list-append", "repeatable-read", false],
];

/** By the database that ran them: what holds of its histories, and what does not. */
const byDatabase = {
  ssi: [["strict-serializable", true]],
  perfect: [["strict-serializable", true]],
  si: [
    ["snapshot-isolation", true],
    ["serializable", false],
  ],
  prefix: [["serializable", false]],
};

function* performance(dir, kit) {
  for (const file of kit.filesBelow(join(dir, "elle/perf"))) {
    const match = /^(list-append|rw-register)-([a-z]+)-.*\.jsonl(\.gz)?$/.exec(file);
    if (!match) continue;
    for (const [level, expected] of byDatabase[match[2]] ?? []) {
      yield [`perf/${file}`, match[1], level, expected];
    }
  }
}

export async function* cases(dir, kit) {
  for (const [file, model, level, expected] of [...performance(dir, kit), ...known]) {
    const path = join(dir, "elle", file);
    if (!existsSync(path)) continue;
    yield {
      name: `${file} ${level}`,
      expected,
      judge: () => kit.verdictOf(kit.readHistory(path, { lonely: true }), model, { level }),
    };
  }
}
