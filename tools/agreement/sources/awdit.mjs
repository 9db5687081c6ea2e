/** AWDIT's weak isolation histories: the folder is the strongest level (with sessions) that holds. */
import { join } from "node:path";

export const name = "awdit";

const levels = ["none", "read-committed", "read-atomic", "causal"];

export async function* cases(dir, kit) {
  const folder = join(dir, "awdit");
  for (const file of kit.filesBelow(folder)) {
    const strongest = levels.indexOf(file.split("/")[0]);
    if (strongest < 0) continue;
    for (const [i, level] of levels.entries()) {
      if (i === 0) continue;
      yield {
        name: `${file} ${level}`,
        expected: i <= strongest,
        judge() {
          const history = kit.readHistory(join(folder, file));
          return kit.verdictOf(history, "rw-register", { level: `strong-session-${level}` });
        },
      };
    }
  }
}
