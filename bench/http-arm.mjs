/**
 * One arm of the http benchmark, `world` or `loopback`, in a process of its own: Node's http library is
 * then compiled for this arm alone. Prints requests per second.
 */
import { Agent, createServer, get } from "node:http";

const REQUESTS = 60_000;

async function inWorld() {
  const { runWorld } = await import("./worlds/world.mjs");
  const { exportsOf, wallSeconds } = await runWorld({
    latencyNs: [50_000, 50_000],
    simSeconds: 600,
    hosts: [
      { name: "server", program: "http-server", argv: [] },
      { name: "client", program: "http-client", argv: [String(REQUESTS)] },
    ],
  });
  if (exportsOf.client.answered !== REQUESTS) throw new Error("not all requests were answered");
  return REQUESTS / wallSeconds;
}

async function onLoopback() {
  const server = createServer((request, response) => {
    request.resume();
    response.end("hello");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const startMs = performance.now();
  for (let i = 0; i < REQUESTS; i++) {
    await new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port, agent }, (response) => {
        response.resume();
        response.on("end", resolve);
      }).on("error", reject);
    });
  }
  const seconds = (performance.now() - startMs) / 1000;
  agent.destroy();
  server.close();
  return REQUESTS / seconds;
}

console.log(await (process.argv[2] === "world" ? inWorld() : onLoopback()));
