/** undici: request, streams, pipelining, retries and errors, against a plain node:http server. */
import http from "node:http";
import { Agent, Client, request, stream } from "undici";
import { Writable } from "node:stream";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    http
      .createServer((message, response) => {
        const chunks = [];
        message.on("data", (chunk) => chunks.push(chunk));
        message.on("end", () => {
          response.setHeader("content-type", "application/json");
          if (message.url === "/reset") return message.socket.destroy();
          const body = Buffer.concat(chunks).toString();
          response.end(JSON.stringify({ method: message.method, url: message.url, body }));
        });
      })
      .listen(port, ready);
  },
  async client() {
    const { statusCode, body } = await request(`${url}/one`, { method: "PUT", body: "payload" });
    say("request", statusCode, await body.json());
    let streamed = "";
    await stream(`${url}/two`, { method: "GET" }, () => {
      return new Writable({
        write(chunk, _encoding, done) {
          streamed += chunk;
          done();
        },
      });
    });
    say("stream", streamed);
    const client = new Client(url, { pipelining: 4 });
    const answers = await Promise.all(
      [1, 2, 3, 4].map((i) => client.request({ path: `/${i}`, method: "GET" })),
    );
    say(
      "pipelined",
      await Promise.all(answers.map(async (answer) => (await answer.body.json()).url)),
    );
    await client.close();
    const agent = new Agent({ connections: 1 });
    say("reset", await request(`${url}/reset`, { dispatcher: agent }).catch((error) => error.code));
    await agent.destroy();
  },
});
