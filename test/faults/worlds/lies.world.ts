/**
 * Two stores and a client of each. The naive pair takes any line for the answer to its question. The careful pair seals
 * question and answer with a checksum that begins with the question's number, and asks again when no answer holds.
 */
import { createHmac } from "node:crypto";
import { createConnection, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { world } from "lightcone";

export default world("what a store says is true", (w) => {
  const seal = (text: string): string =>
    `${text} ${createHmac("sha256", "key").update(text).digest("base64url")}`;
  const isSealed = (line: string): boolean =>
    line === seal(line.slice(0, Math.max(0, line.lastIndexOf(" "))));
  for (const name of ["naive", "careful"]) {
    const careful = name === "careful";
    w.host(name, () => {
      createServer((socket) => {
        socket.on("error", () => {});
        createInterface(socket).on("line", (question) => {
          if (careful && !isSealed(question)) return;
          const [number = ""] = question.split(" ");
          const answer = `${number} ${Number(number) * 2}`;
          socket.write(`${careful ? seal(answer) : answer.split(" ")[1]}\n`);
        });
      }).listen(7000);
    });
    w.host(`${name}-client`, async ({ op, always, sleep }) => {
      let socket: Socket | undefined;
      const lines: string[] = [];
      const ask = async (number: number): Promise<number> => {
        if (!socket) {
          socket = createConnection(7000, name);
          socket.on("error", () => {});
          createInterface(socket).on("line", (line) => lines.push(line));
        }
        socket.write(`${careful ? seal(`${number}`) : number}\n`);
        for (let waited = 0; ; waited++) {
          await sleep(10);
          const line = lines.shift();
          if (!careful && line !== undefined) return Number(line);
          if (careful && line?.startsWith(`${number} `) && isSealed(line)) {
            return Number(line.split(" ")[1]);
          }
          if (careful && waited === 100) return ask(number);
        }
      };
      for (let number = 1; ; number++) {
        await sleep(20);
        const answer = await op("ask", number, () => ask(number));
        always("the answer is twice the question", answer === number * 2, { number, answer });
      }
    });
  }
  w.run("14s", { calm: "5s" });
});
