/** Small random histories judged by both of Knossos' algorithms; only where those two are of one mind. */
export const name = "knossos-gen";

export async function* cases(dir, kit) {
  const root = `${dir}/knossos-gen`;
  for (const file of kit.filesBelow(root)) {
    if (!/\.jsonl(\.gz)?$/.test(file)) continue;
    const { histories } = kit.readHistories(kit.readBytes(`${root}/${file}`), { name: file });
    for (const { history, model, initial, line, fields } of histories) {
      if (typeof fields.wgl !== "boolean" || fields.wgl !== fields.linear) continue;
      yield {
        name: `${file}:${line}`,
        expected: fields.wgl,
        judge: () => kit.verdictOf(history, model, { initial, settings: { dialect: "knossos" } }),
      };
    }
  }
}
