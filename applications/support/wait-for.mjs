/** A program that ends when `HOST:PORT` accepts connections, as deployments have one before what needs a database. */
import { connect } from "node:net";

const [address] = process.argv.slice(2);
const colon = address.lastIndexOf(":");
const [host, port] = [address.slice(0, colon), Number(address.slice(colon + 1))];
for (;;) {
  const accepts = await new Promise((done) => {
    const socket = connect(port, host, () => (socket.destroy(), done(true)));
    socket.on("error", () => done(false));
    socket.setTimeout(1_000, () => (socket.destroy(), done(false)));
  });
  if (accepts) break;
  await new Promise((done) => setTimeout(done, 250));
}
