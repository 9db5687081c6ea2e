/** Sends back whatever it is sent: an ordinary Node program. */
import { createServer } from "node:net";

createServer((socket) => {
  socket.on("data", (data) => socket.write(data));
}).listen(7000);
