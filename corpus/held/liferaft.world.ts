/**
 * liferaft 0.1.1: three nodes elect a leader once all faults are over, and each message between them is answered or
 * fails with its connection. The package leaves the transport to its user: here lines of JSON over TCP.
 */
import { connect, createServer, type Socket } from "node:net";
import { world } from "lightcone";
import LifeRaft from "liferaft";

const NODES = ["node-1", "node-2", "node-3"];
/** To a heartbeat the package says nothing; whoever waits for an answer gets an empty one after so long. */
const SILENCE_MS = 300;

export default world("a leader is elected, and every message is answered or fails", (w) => {
  const all = w.hosts("node", 3, async ({ host, op, sleep, eventually }) => {
    class Node extends LifeRaft {
      readonly dialled = dial(this.address);
      write(packet: unknown, answer: (error?: unknown, data?: unknown) => void): void {
        op("send", this.address, () => this.dialled(packet)).then(
          (data) => answer(undefined, data),
          (error: unknown) => answer(error),
        );
      }
    }
    const options = { "election min": "1 s", "election max": "2 s", heartbeat: "300 ms" };
    const raft = new Node(host, options);
    raft.on("error", () => {});
    createServer((socket) => {
      socket.on("error", () => {});
      eachLine(socket, (line) => {
        let isAnswered = false;
        const answer = (reply?: unknown): void => {
          if (!isAnswered) socket.write(`${JSON.stringify(reply ?? null)}\n`);
          isAnswered = true;
        };
        raft.emit("data", JSON.parse(line), answer);
        setTimeout(answer, SILENCE_MS);
      });
    }).listen(7000);
    for (const other of NODES) if (other !== host) raft.join(other);
    for (;;) {
      await sleep(500);
      eventually("there is a leader", raft.leader !== "");
    }
  });
  w.tolerate("uncaught");
  w.link({ latency: "1ms..10ms" });
  w.faults(w.crash(all), w.crash(all, { how: "process" }), w.partition());
  w.run("40s", { calm: "20s" });
});

/** Sends packets to a node and resolves to its answers, over a connection that is made again when it is lost. */
function dial(host: string): (packet: unknown) => Promise<unknown> {
  const waiting: { resolve: (data: unknown) => void; reject: (error: Error) => void }[] = [];
  let socket: Socket | undefined;
  const open = (): Socket => {
    const opened = connect({ port: 7000, host, keepAlive: true, keepAliveInitialDelay: 2_000 });
    const timer = setTimeout(() => opened.destroy(), 5_000);
    eachLine(opened, (line) => waiting.shift()?.resolve(JSON.parse(line)));
    opened.on("connect", () => clearTimeout(timer));
    opened.on("error", () => {});
    opened.on("close", () => {
      clearTimeout(timer);
      socket = undefined;
      for (const { reject } of waiting.splice(0)) reject(new Error("the connection is lost"));
    });
    return opened;
  };
  return (packet) =>
    new Promise((resolve, reject) => {
      socket ??= open();
      waiting.push({ resolve, reject });
      socket.write(`${JSON.stringify(packet)}\n`);
    });
}

function eachLine(socket: Socket, use: (line: string) => void): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (data) => {
    const lines = (text + String(data)).split("\n");
    text = lines.pop() as string;
    for (const line of lines) use(line);
  });
}
