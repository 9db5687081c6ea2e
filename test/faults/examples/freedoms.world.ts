/** Two servers that add numbers, line by line. The naive one takes whatever arrives at once for one line. */
import { createConnection, createServer } from "node:net";
import { createInterface } from "node:readline";
import { world } from "lightcone";

export default world("a sum is the sum", (w) => {
  const add = (line: string): string =>
    `${line.split(" ").reduce((sum, number) => sum + Number(number), 0)}\n`;
  w.host("naive", () => {
    createServer((socket) => {
      socket.on("data", (bytes) => socket.write(add(String(bytes))));
    }).listen(7000);
  });
  w.host("careful", () => {
    createServer((socket) => {
      createInterface(socket).on("line", (line) => socket.write(add(line)));
    }).listen(7000);
  });
  for (const server of ["naive", "careful"]) {
    w.host(`customer-of-${server}`, async ({ always, sleep }) => {
      let asked = 100;
      const socket = createConnection(7000, server);
      createInterface(socket).on("line", (sum) =>
        always(`${server} adds`, Number(sum) === asked + 1000, { asked, sum }),
      );
      for (; ; asked++) {
        socket.write(`${asked} 1000\n`);
        await sleep("100ms");
      }
    });
  }
  w.faults(w.freedoms(["naive", "careful"], { every: "1s..3s" }));
  w.run("6s", { calm: "2s" });
});
