/** A number on a disk, in two versions of a program that write it in two forms. Only the careful ones read both. */
import fs from "node:fs";
import { type InlineProgram, world } from "lightcone";

export default world("both versions read what the other one wrote", (w) => {
  const asText = (count: number): string => `${count}`;
  const asJson = (count: number): string => JSON.stringify({ count });
  const fromJson = (text: string): number => (JSON.parse(text) as { count: number }).count;
  const fromEither = (text: string): number =>
    text.startsWith("{") ? fromJson(text) : Number(text);
  const counts =
    (write: (count: number) => string, read: (text: string) => number): InlineProgram =>
    async ({ always, sleep, host }) => {
      for (;;) {
        await sleep("100ms");
        const count = fs.existsSync("/count") ? read(fs.readFileSync("/count", "utf8")) : 0;
        always(`${host} reads a number`, Number.isInteger(count), { count });
        fs.writeFileSync("/count", write(count + 1));
      }
    };
  w.host("naive", counts(asText, Number), { versions: { next: counts(asJson, fromJson) } });
  w.host("careful", counts(asText, fromEither), { versions: { next: counts(asJson, fromEither) } });
  w.faults(w.upgrade(["naive", "careful"], { to: ["next", "first"], every: "1s..2s" }));
  w.run("8s", { calm: "2s" });
});
