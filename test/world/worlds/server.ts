/** An unmodified program: it knows its name from its environment, and asserts through the probe. */
import { createServer } from "node:net";
import { always, op, simulated } from "lightcone/probe";

const [port = "0"] = process.argv.slice(2);
always("the probe knows where it is", simulated);
console.log(`${process.env["NAME"]} listens in ${process.cwd()}`);
createServer((socket) => void op("serve", () => socket.end(process.env["NAME"] ?? ""))).listen(
  Number(port),
);
