/** Sends 64-byte datagrams, a batch a turn, as fast as the receiver's buffer takes them. */
import { createSocket } from "node:dgram";

/** How many were sent. */
export let sent = 0;

const [, , host, wanted] = process.argv;
const BATCH = 100;
const message = Buffer.alloc(64, 7);
const socket = createSocket("udp4");
socket.connect(7000, host, batch);

function batch() {
  for (let i = 0; i < BATCH; i++) socket.send(message);
  sent += BATCH;
  if (sent < Number(wanted)) setTimeout(batch, 1);
  else socket.close();
}
