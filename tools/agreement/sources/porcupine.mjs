/** Porcupine's own test histories: etcd logs (a CAS register) and a key-value store with append. */
import { existsSync } from "node:fs";

export const name = "porcupine";

export async function* cases(dir, kit) {
  for (const { file, model, linearizable } of kit.readCsv(`${dir}/porcupine/expected.csv`)) {
    const path = `${dir}/porcupine/${file}`;
    if (!existsSync(path)) continue;
    yield {
      name: model.startsWith("kv") ? `${file} ${model}` : file,
      expected: linearizable === "true",
      judge: () => {
        const history = kit.readHistory(path);
        return kit.verdictOf(history, model.startsWith("kv") ? "map" : "cas-register");
      },
    };
  }
}
