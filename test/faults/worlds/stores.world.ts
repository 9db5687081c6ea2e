/**
 * Two groups of three stores that keep the number of a version, and a client of each. The naive client writes to the first
 * store that answers, and reads there; its stores stand in one zone and do not sync. The careful client writes to a
 * majority and reads from one; its stores stand in three zones, sync, seal what they write, and ask the others before they
 * answer if their disk is empty or damaged.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createConnection, createServer } from "node:net";
import { createInterface } from "node:readline";
import { world } from "lightcone";

export default world("a version that was written is read", (w) => {
  const ask = (host: string, question: string, waitMs = 300): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(7000, host);
      const timer = setTimeout(() => socket.destroy(new Error("no answer")), waitMs);
      socket.on("error", reject);
      socket.on("close", () => {
        clearTimeout(timer);
        reject(new Error("closed"));
      });
      createInterface(socket)
        .on("error", () => {})
        .once("line", (line) => {
          resolve(line);
          socket.destroy();
        });
      socket.write(`${question}\n`);
    });
  const seal = (text: string): string =>
    `${text} ${createHash("sha256").update(text).digest("hex")}`;
  const serve = (answer: (question: string) => string | undefined): void => {
    createServer((socket) => {
      socket.on("error", () => {});
      createInterface(socket)
        .on("line", (line) => {
          const text = answer(line);
          if (text === undefined) socket.destroy();
          else socket.write(`${text}\n`);
        })
        .on("error", () => {});
    }).listen(7000);
  };

  const naive = w.hosts(
    "naive",
    3,
    () => {
      serve((line) => {
        const [word, version] = line.split(" ");
        if (word === "write") fs.writeFileSync("/version", version as string);
        return fs.existsSync("/version") ? fs.readFileSync("/version", "utf8") : "0";
      });
    },
    { zone: "a" },
  );
  w.host("naive-client", async ({ op, sleep }) => {
    const first = async (question: string): Promise<number> => {
      for (;;) {
        for (const host of naive) {
          const answer = await ask(host, question).catch(() => undefined);
          if (answer !== undefined) return Number(answer);
        }
        await sleep(50);
      }
    };
    for (let version = 1; ; version++) {
      await op("write", "naive", version, () => first(`write ${version}`));
      await sleep(100);
      await op("read", "naive", () => first("read"));
    }
  });

  const careful = w.hosts(
    "careful",
    3,
    async ({ host, sleep }) => {
      const load = (): number | undefined => {
        try {
          const text = fs.readFileSync("/version", "utf8");
          return seal(text.split(" ")[0] as string) === text
            ? Number(text.split(" ")[0])
            : undefined;
        } catch {
          return undefined;
        }
      };
      const save = (version: number): void => {
        fs.writeFileSync("/version.new", seal(`${version}`), { flush: true });
        fs.renameSync("/version.new", "/version");
        const folder = fs.openSync("/", "r");
        fs.fsyncSync(folder);
        fs.closeSync(folder);
      };
      let version = load();
      serve((line) => {
        const [word, given] = line.split(" ");
        if (word === "peer") return `${version ?? 0}`;
        if (version === undefined) return undefined;
        if (word === "write" && Number(given) > version) save((version = Number(given)));
        return `${version}`;
      });
      // All others know at least what a majority with this store in it has acknowledged.
      while (version === undefined) {
        const others = careful.filter((name) => name !== host);
        const told = await Promise.all(others.map((name) => ask(name, "peer").catch(() => {})));
        if (told.includes(undefined)) await sleep(50);
        else save((version = Math.max(...told.map(Number))));
      }
    },
    { zone: (_, index) => "abc"[index] as string },
  );
  w.host("careful-client", async ({ op, sleep }) => {
    const majority = async (question: string): Promise<number> => {
      for (;;) {
        const answers = await Promise.all(
          careful.map((host) => ask(host, question).catch(() => {})),
        );
        const told = answers.filter((answer) => answer !== undefined);
        if (told.length > 1) return Math.max(...told.map(Number));
        await sleep(50);
      }
    };
    for (let version = 1; ; version++) {
      await op("write", "careful", version, () => majority(`write ${version}`));
      await sleep(100);
      await op("read", "careful", () => majority("read"));
    }
  });

  w.check({
    name: "what was written is read",
    looksFor: ["write", "read"],
    judge({ history }) {
      const written = new Map<unknown, number>();
      const inOrder = [...history.operations].sort((a, b) => a.completeNs - b.completeNs);
      for (const { f, key, outcome, input, output } of inOrder) {
        if (outcome !== "ok") continue;
        const before = written.get(key) ?? 0;
        if (f === "write") written.set(key, Number(input));
        else if (Number(output) < before) return `${key}: ${before} was written, ${output} read`;
      }
      return true;
    },
  });
  w.run("8s", { calm: "2s" });
});
