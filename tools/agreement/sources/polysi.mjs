/** Histories that PolySI found in real databases: each violates snapshot isolation. */
import { join } from "node:path";

export const name = "polysi";

export async function* cases(dir, kit) {
  const folder = join(dir, "polysi");
  for (const file of kit.filesBelow(folder)) {
    if (!file.endsWith(".bincode")) continue;
    yield {
      name: `${file} snapshot-isolation`,
      expected: false,
      judge: () =>
        kit.verdictOf(kit.readHistory(join(folder, file)), "rw-register", {
          level: "snapshot-isolation",
        }),
    };
  }
}
