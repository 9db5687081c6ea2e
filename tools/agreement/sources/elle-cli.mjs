/** elle-cli's own tests: a model, a file, and the exit code that is expected of it (0 valid, 1 invalid). */
import { existsSync } from "node:fs";

export const name = "elle-cli";

/** `run_test 1 "--model cas-register histories/knossos/cas-register/bad/x.edn"` */
const line = /^run_test\s+([01])\s+"(.*)"/;

export async function* cases(dir, kit) {
  const list = `${dir}/elle-cli/expected.txt`;
  if (!existsSync(list)) return;
  const seen = new Set();
  for (const text of kit.readLines(list)) {
    const match = line.exec(text);
    if (!match) continue;
    const words = match[2].split(/\s+/);
    const model = words[words.indexOf("--model") + 1];
    const level = words.includes("--consistency-models")
      ? words[words.indexOf("--consistency-models") + 1]
      : undefined;
    const file = words.find((word) => word.startsWith("histories/"))?.slice("histories/".length);
    const path = [`${dir}/elle-cli/${file}`, `${dir}/${file}`].find((place) => existsSync(place));
    const id = `${model} ${file}${level ? ` ${level}` : ""}`;
    // The same question under other options of its drawings is no other case.
    if (!path || seen.has(id)) continue;
    seen.add(id);
    yield {
      name: id,
      expected: match[1] === "0",
      judge: () => judge(kit, path, model, level),
    };
  }
}

function judge(kit, path, model, level) {
  const history = kit.readHistory(path);
  if (path.includes("/knossos/")) {
    const initial = model === "cas-register" && !path.includes("rethink") ? 0 : null;
    return kit.verdictOf(history, model, { initial, settings: { dialect: "knossos" } });
  }
  return kit.verdictOf(history, model, { level });
}
