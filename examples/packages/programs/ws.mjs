/** ws: a WebSocket server and client with text, binary, fragments, pings, compression and a clean close. */
import WebSocket, { WebSocketServer } from "ws";
import { host, port, ready, roles, say } from "./roles.mjs";

await roles({
  server() {
    const server = new WebSocketServer({ port, perMessageDeflate: true }, ready);
    server.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => {
        if (!isBinary && String(data) === "close") socket.close(4001, "as you wish");
        else socket.send(data, { binary: isBinary });
      });
    });
  },
  async client() {
    const socket = new WebSocket(`ws://${host}:${port}`);
    const next = () =>
      new Promise((resolve) => socket.once("message", (data, binary) => resolve([data, binary])));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    say("open", socket.extensions);
    for (const message of ["hello", "ünïcode", "z".repeat(100_000)]) {
      socket.send(message);
      const [data, binary] = await next();
      say("text", String(data).length, String(data) === message, binary);
    }
    socket.send(Buffer.from([1, 2, 3]));
    say("binary", [...(await next())[0]]);
    socket.send("frag", { fin: false });
    socket.send("ment", { fin: true });
    say("fragment", String((await next())[0]));
    socket.ping("are you there");
    say("pong", String(await new Promise((resolve) => socket.once("pong", resolve))));
    socket.send("close");
    const [code, reason] = await new Promise((resolve) =>
      socket.once("close", (...args) => resolve(args)),
    );
    say("close", code, String(reason));
  },
});
