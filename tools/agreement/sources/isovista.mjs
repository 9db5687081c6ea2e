/** Histories that IsoVista found in real databases: each violates the level in its name. */
import { join } from "node:path";

export const name = "isovista";

const levelOf = { si: "snapshot-isolation", ser: "serializable" };

export async function* cases(dir, kit) {
  const folder = join(dir, "isovista");
  for (const file of kit.filesBelow(folder)) {
    const level = levelOf[/_(si|ser)[_.]/.exec(file)?.[1]];
    if (!level) continue;
    yield {
      name: `${file} ${level}`,
      expected: false,
      judge: () => kit.verdictOf(kit.readHistory(join(folder, file)), "rw-register", { level }),
    };
  }
}
