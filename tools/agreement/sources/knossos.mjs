/** Knossos' own test histories; the folder's name says whether they are good or bad. */
export const name = "knossos";

const initials = { "cas-register": 0, "multi-register": { x: 0, y: 0 } };

export async function* cases(dir, kit) {
  const root = `${dir}/knossos`;
  for (const file of kit.filesBelow(root)) {
    const [model, verdict, base] = file.split("/");
    if (!base || !/\.(edn|json)(\.gz)?$/.test(base) || !["good", "bad"].includes(verdict)) continue;
    yield {
      name: file,
      expected: verdict === "good",
      judge: () =>
        kit.verdictOf(kit.readHistory(`${root}/${file}`), model, {
          initial: base.startsWith("rethink") ? null : initials[model],
          settings: { dialect: "knossos" },
        }),
    };
  }
}
