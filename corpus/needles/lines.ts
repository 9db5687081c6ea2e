/** Requests and answers as lines over TCP, for the needles: answers come in the order of the requests. */
import { connect, createServer, type Socket } from "node:net";

/** Serves requests; of one connection one after the other. */
export function serve(port: number, answer: (line: string) => Promise<string> | string): void {
  createServer((socket) => {
    let last: Promise<unknown> = Promise.resolve();
    socket.on("error", () => {});
    eachLine(socket, (line) => {
      last = last.then(() => answer(line)).then((text) => socket.write(`${text}\n`));
      last.catch(() => socket.destroy());
    });
  }).listen(port);
}

/** A client that connects again when its connection is lost. A request without an answer in a second fails. */
export function dial(host: string, port: number): (line: string) => Promise<string> {
  const waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  let socket: Socket | undefined;
  const open = (): Socket => {
    const opened = connect(port, host);
    eachLine(opened, (line) => waiting.shift()?.resolve(line));
    opened.on("error", () => {});
    opened.on("close", () => {
      if (socket === opened) socket = undefined;
      for (const { reject } of waiting.splice(0)) reject(new Error("the connection is lost"));
    });
    return opened;
  };
  return (line) =>
    new Promise((resolve, reject) => {
      socket ??= open();
      const used = socket;
      const timer = setTimeout(() => used.destroy(), 1_000);
      const done = () => clearTimeout(timer);
      waiting.push({
        resolve: (text) => (done(), resolve(text)),
        reject: (error) => (done(), reject(error)),
      });
      used.write(`${line}\n`);
    });
}

function eachLine(socket: Socket, use: (line: string) => void): void {
  let text = "";
  socket.on("data", (data) => {
    const lines = (text + String(data)).split("\n");
    text = lines.pop() as string;
    for (const line of lines) use(line);
  });
}
