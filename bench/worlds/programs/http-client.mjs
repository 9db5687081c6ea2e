/** Asks one thing after the other over one connection, and ends when all are answered. */
import { Agent, get } from "node:http";

const requests = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
export let answered = 0;

function ask() {
  get({ host: "server", port: 80, agent }, (response) => {
    response.resume();
    response.on("end", () => {
      answered++;
      if (answered < requests) ask();
      else process.exit();
    });
  });
}
setTimeout(ask, 10);
