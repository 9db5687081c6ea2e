/**
 * A crowd of clients, each of which makes one request on a connection of its own and gives up after some seconds:
 * `main --host api --port 80 --rate 100 --request TEXT`. It prints a line once one of them has been connected.
 */
import { connect } from "node:net";

/** A client that gets no answer leaves after this long. */
const PATIENCE_MS = 10_000;

const argv = process.argv.slice(2);
const value = (name: string): string => argv[argv.indexOf(`--${name}`) + 1] ?? "";
const [host, port, request] = [value("host"), Number(value("port")), value("request")];
let isConnected = false;

function visit(): void {
  const socket = connect(port, host, () => {
    if (!isConnected) console.log("connected");
    isConnected = true;
    socket.write(request);
  });
  const leave = setTimeout(() => socket.destroy(), PATIENCE_MS);
  socket.on("data", () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clearTimeout(leave));
}

setInterval(visit, 1_000 / Number(value("rate")));
process.on("SIGTERM", () => process.exit(0));
