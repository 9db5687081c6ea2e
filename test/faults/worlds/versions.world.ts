/**
 * Two programs that keep a number on their disk, each in two versions that write it in another form. The naive one's
 * new version reads only its own form. The careful one's two versions read both.
 */
import fs from "node:fs";
import { type InlineProgram, world } from "lightcone";

const counts =
  (write: (count: number) => string, read: (text: string) => number): InlineProgram =>
  async ({ op, sleep, host }) => {
    const found = (): number =>
      fs.existsSync("/count") ? read(fs.readFileSync("/count", "utf8")) : 0;
    for (;;) {
      await sleep(100);
      await op("count", host, async () => {
        const next = found() + 1;
        fs.writeFileSync("/count.new", write(next));
        fs.renameSync("/count.new", "/count");
        return next;
      });
    }
  };

const asText = (count: number): string => `${count}`;
const asJson = (count: number): string => JSON.stringify({ count });
const either = (text: string): number =>
  text.startsWith("{") ? (JSON.parse(text) as { count: number }).count : Number(text);

export default world("a count goes up by one", (w) => {
  w.host("naive", counts(asText, Number), {
    versions: { next: counts(asJson, (text) => (JSON.parse(text) as { count: number }).count) },
  });
  w.host("careful", counts(asText, either), { versions: { next: counts(asJson, either) } });
  w.check({
    name: "a count goes up by one",
    looksFor: ["count"],
    judge({ history }) {
      const last = new Map<unknown, number>();
      for (const { key, outcome, output } of history.operations) {
        if (outcome !== "ok") continue;
        const before = last.get(key);
        if (before !== undefined && output !== before + 1) {
          return `${String(key)}: ${String(output)} after ${before}`;
        }
        last.set(key, Number(output));
      }
      return true;
    },
  });
  w.run("12s", { calm: "2s" });
});
