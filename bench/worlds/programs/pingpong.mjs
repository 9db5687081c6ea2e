/** One connection to an echo server; 64 bytes there and 64 bytes back, as often as it is told. */
import { connect } from "node:net";

/** How many round trips are done. */
export let done = 0;

const [, , host, rounds] = process.argv;
const wanted = Number(rounds);
const message = Buffer.alloc(64, 7);
let missing = 0;

const socket = connect(7000, host, next);
socket.on("data", (data) => {
  missing -= data.length;
  if (missing > 0) return;
  done++;
  if (done < wanted) next();
  else process.exit(0);
});

function next() {
  missing = message.length;
  socket.write(message);
}
