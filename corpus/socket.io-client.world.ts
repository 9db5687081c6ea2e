/**
 * socket.io-client 4.8.1 sends an event twice that is emitted in the handler of "connect", if it has `retries`
 * (socketio/socket.io#5258; mended in 4.8.2). Its guide promises "at least once" for when something
 * fails; here nothing does.
 */
import { world } from "lightcone";
import { Server } from "socket.io";
import { io } from "socket.io-client";

export default world("without a failure an event comes once", (w) => {
  const server = w.host("server", ({ op, always }) => {
    const seen = new Map<string, number>();
    new Server(80).on("connection", (socket) => {
      socket.on("event", (id: string, answer: () => void) => {
        seen.set(id, (seen.get(id) ?? 0) + 1);
        void op("receive", id, () => {});
        always("an event comes once", seen.get(id) === 1, { id });
        answer();
      });
    });
  });
  w.hosts("client", 2, async ({ host, op, sleep, random }) => {
    const socket = io(`http://${server}`, { retries: 2, ackTimeout: 10_000 });
    let n = 0;
    const send = () => {
      const id = `${host}.${n++}`;
      return op(
        "emit",
        id,
        () =>
          new Promise<void>((resolve, reject) => {
            socket.emit("event", id, (error?: Error) => (error ? reject(error) : resolve()));
          }),
      );
    };
    socket.on("connect", send);
    for (;;) {
      await sleep(random.integer(100, 1_000));
      await send();
    }
  });
  w.link({ latency: "1ms..20ms" });
  w.run("10s");
});
