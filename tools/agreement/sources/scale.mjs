/** Closed-loop histories, linearizable or not by construction: registers, compare-and-set, FIFO queues. */
export const name = "scale";

/** By how a file's name begins; all others are registers. */
const models = {
  fifo: "fifo-queue",
  stack: "stack",
  pq: "priority-queue",
  bag: "unordered-queue",
};

export async function* cases(dir, kit) {
  const root = `${dir}/scale`;
  for (const file of kit.filesBelow(root)) {
    const match = /^(\w+?)-.*_(ok|bad)\.csv(\.gz)?$/.exec(file);
    if (!match) continue;
    const model = models[match[1]] ?? "register";
    yield {
      name: file.replace(/\.csv(\.gz)?$/, ""),
      expected: match[2] === "ok",
      judge: () =>
        kit.verdictOf(kit.readHistory(`${root}/${file}`, { model }), model, { timeout: "20s" }),
    };
  }
}
