/** fastify: schemas, hooks, validation errors, streams; the client is got. */
import Fastify from "fastify";
import got from "got";
import { Readable } from "node:stream";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  async server() {
    const app = Fastify({ logger: false });
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("x-hook", "seen");
    });
    const schema = {
      body: { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
      response: { 200: { type: "object", properties: { doubled: { type: "integer" } } } },
    };
    app.post("/double", { schema }, async ({ body }) => ({ doubled: body.a * 2, hidden: true }));
    app.get("/stream", (_request, reply) => reply.send(Readable.from(["a", "b", "c"])));
    await app.listen({ port, host: "0.0.0.0" });
    ready();
  },
  async client() {
    const client = got.extend({ prefixUrl: url, throwHttpErrors: false, retry: { limit: 2 } });
    const good = await client.post("double", { json: { a: 21 } });
    say("double", good.statusCode, good.body, good.headers["x-hook"]);
    const bad = await client.post("double", { json: { b: 1 } });
    say("invalid", bad.statusCode, JSON.parse(bad.body).message);
    say("stream", (await client.get("stream")).body);
    say("missing", (await client.get("nothing")).statusCode);
  },
});
