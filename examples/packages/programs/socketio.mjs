/** socket.io and its client: polling that upgrades to WebSocket, acknowledgements, rooms, binary. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    const http = createServer();
    const server = new Server(http);
    server.on("connection", (socket) => {
      socket.on("add", (a, b, reply) => reply(a + b));
      socket.on("join", async (room, reply) => {
        await socket.join(room);
        reply(socket.rooms.has(room));
      });
      socket.on("say", (room, text) => server.to(room).emit("said", text));
      socket.on("bytes", (bytes, reply) => reply(bytes.map((byte) => byte + 1)));
      socket.on("leave", () => socket.disconnect());
    });
    http.listen(port, ready);
  },
  async client() {
    const socket = io(url, { reconnection: false });
    await new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
    });
    say("connected", socket.connected);
    await new Promise((resolve) =>
      socket.io.engine.transport.name === "websocket"
        ? resolve()
        : socket.io.engine.once("upgrade", resolve),
    );
    say("transport", socket.io.engine.transport.name);
    say("ack", await socket.emitWithAck("add", 2, 3));
    say("room", await socket.emitWithAck("join", "lobby"));
    const said = new Promise((resolve) => socket.once("said", resolve));
    socket.emit("say", "lobby", "hi all");
    say("said", await said);
    say("binary", [...new Uint8Array(await socket.emitWithAck("bytes", Buffer.from([1, 2, 3])))]);
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    socket.emit("leave");
    say("disconnect", await gone);
  },
});
