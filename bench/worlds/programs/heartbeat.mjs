/** Answers heartbeats, and sends one of 16 bytes to each peer every 100 ms. */
import { connect, createServer } from "node:net";

/** How many messages have arrived: heartbeats and answers. */
export let messages = 0;

const message = Buffer.alloc(16, 7);

/** Calls `onMessage` for every 16 bytes that arrive. */
function everyMessage(socket, onMessage) {
  let missing = message.length;
  socket.on("data", (data) => {
    let left = data.length;
    while (left >= missing) {
      left -= missing;
      missing = message.length;
      messages++;
      onMessage();
    }
    missing -= left;
  });
}

createServer((socket) => everyMessage(socket, () => socket.write(message))).listen(7000);

for (const peer of process.argv.slice(2)) beat(peer);

function beat(peer) {
  const socket = connect(7000, peer);
  // The peer may not listen yet in the first moments of the run.
  socket.on("error", () => setTimeout(beat, 10, peer));
  socket.on("connect", () => {
    const timer = setInterval(() => socket.write(message), 100);
    socket.on("close", () => clearInterval(timer));
    everyMessage(socket, () => {});
    socket.write(message);
  });
}
