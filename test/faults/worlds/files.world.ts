/**
 * Two programs that keep a number on their disk. The naive one writes the file in place, once, and ignores what
 * the call returns. The careful one writes two copies with a checksum, checks every result, and syncs files and
 * folder before it says that the number is saved.
 */
import fs from "node:fs";
import { world } from "lightcone";

export default world("what was saved is found again", (w) => {
  w.host("naive", async ({ op, sleep, host }) => {
    const found = (): number => {
      if (!fs.existsSync("/state")) return 0;
      const text = fs.readFileSync("/state", "utf8");
      return text === "" ? 0 : Number(text);
    };
    let count = await op("found", host, async () => found());
    for (;;) {
      await sleep(100);
      count++;
      await op("saved", host, async () => {
        fs.open("/state", "w", (_, fd) => {
          if (fd !== undefined) fs.write(fd, String(1_000_000 + count), () => fs.closeSync(fd));
        });
        await sleep(10);
        return 1_000_000 + count;
      });
      await op("found", host, async () => found());
    }
  });

  w.host("careful", async ({ op, sleep, host }) => {
    const checksum = (text: string): number =>
      [...text].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 7);
    const copy = (path: string): number => {
      const [text = "", sum] = fs.readFileSync(path, "utf8").split(" ");
      if (Number(sum) !== checksum(text)) throw new Error(`${path} is damaged`);
      return Number(text);
    };
    const found = (): number => {
      const numbers = ["/a", "/b"].flatMap((path) => {
        try {
          return [copy(path)];
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === "ENOENT" || code === undefined) return [];
          throw error;
        }
      });
      return Math.max(0, ...numbers);
    };
    const save = (path: string, text: string): void => {
      const bytes = Buffer.from(text);
      const fd = fs.openSync(`${path}.new`, "w");
      try {
        for (let done = 0; done < bytes.length;) done += fs.writeSync(fd, bytes, done);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(`${path}.new`, path);
      const folder = fs.openSync("/", "r");
      try {
        fs.fsyncSync(folder);
      } finally {
        fs.closeSync(folder);
      }
    };
    const tryAgain = async <T>(action: () => T): Promise<T> => {
      for (;;) {
        try {
          return action();
        } catch {
          await sleep(100);
        }
      }
    };
    let count = await op("found", host, () => tryAgain(found));
    for (;;) {
      await sleep(100);
      const next = Math.max(count, 1_000_000) + 1;
      await op("saved", host, async () => {
        const text = `${next} ${checksum(String(next))}`;
        save("/a", text);
        save("/b", text);
        return next;
      }).catch(() => {});
      count = next;
      await op("found", host, () => tryAgain(found));
    }
  });

  w.check({
    name: "what was saved is found",
    looksFor: ["saved", "found"],
    judge({ history }) {
      const saved = new Map<unknown, number>();
      const inOrder = [...history.operations].sort((a, b) => a.completeNs - b.completeNs);
      for (const { f, key, outcome, output } of inOrder) {
        if (outcome !== "ok") continue;
        const before = saved.get(key) ?? 0;
        if (f === "saved") saved.set(key, Number(output));
        else if (!(Number(output) >= before)) return `${key}: ${before} was saved, ${output} found`;
      }
      return true;
    },
  });
  w.tolerate("exits", "unfinished");
  w.run("12s", { calm: "2s" });
});
