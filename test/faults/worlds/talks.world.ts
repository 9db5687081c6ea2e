/**
 * Two clients of two echo servers. The naive one keeps one connection, trusts what it receives and expects
 * answers in time. The careful one checks what it receives, connects again and tries again.
 */
import { createConnection, createServer, type Socket } from "node:net";
import { world } from "lightcone";

export default world("every question is answered, and correctly", (w) => {
  w.host("server", ({ host }) => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => socket.write(`${host}:${bytes}`));
    }).listen(7000);
  });
  w.host("other", ({ host }) => {
    createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => socket.write(`${host}:${bytes}`));
    }).listen(7000);
  });
  const ask = (socket: Socket, question: string, waitMs: number): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = "";
      const timer = setTimeout(() => reject(new Error("no answer")), waitMs);
      socket.on("data", (bytes) => {
        text += bytes;
        if (text.length < question.length + "server:".length) return;
        clearTimeout(timer);
        socket.removeAllListeners("data");
        resolve(text);
      });
      socket.on("error", reject);
      socket.write(question);
    });

  w.host("naive", async ({ always, sleep }) => {
    const socket = createConnection(7000, "server");
    for (let at = 0; ; at++) {
      await sleep(50);
      const question = `${at} `.repeat(2_000).slice(0, 4_000);
      const startMs = performance.now();
      const answer = await ask(socket, question, 60_000);
      always("the answer is that of the question", answer === `server:${question}`);
      always("answers are quick", performance.now() - startMs < 150);
      if (at % 10 === 9) {
        const askedMs = performance.now();
        await new Promise((done, fail) => {
          createConnection(7000, "server")
            .on("error", fail)
            .once("connect", function (this: Socket) {
              this.destroy();
              done(undefined);
            });
        });
        always("connections are quick", performance.now() - askedMs < 150);
      }
    }
  });

  w.host("careful", async ({ always, sleep }) => {
    let socket: Socket | undefined;
    for (let at = 0; ; at++) {
      await sleep(50);
      const question = `${at} `.repeat(2_000).slice(0, 4_000);
      for (;;) {
        try {
          socket ??= createConnection(7000, "server");
          const answer = await ask(socket, question, 3_000);
          if (answer === `server:${question}`) break;
          throw new Error("this is not the answer");
        } catch {
          socket?.on("error", () => {});
          socket?.destroy();
          socket = undefined;
          await sleep(100);
        }
      }
      always("there is an answer", true);
    }
  });
  w.run("16s", { calm: "6s" });
});
