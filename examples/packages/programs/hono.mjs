/** hono on node-server: routes, middleware, JSON, streaming text; the client is the global fetch. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamText } from "hono/streaming";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    const app = new Hono();
    app.use("*", async (context, next) => {
      await next();
      context.header("x-middleware", "ran");
    });
    app.get("/hello/:name", (context) => context.text(`hello ${context.req.param("name")}`));
    app.post("/sum", async (context) => {
      const numbers = await context.req.json();
      return context.json({ sum: numbers.reduce((a, b) => a + b, 0) });
    });
    app.get("/stream", (context) =>
      streamText(context, async (stream) => {
        for (const word of ["one", "two", "three"]) {
          await stream.writeln(word);
          await stream.sleep(10);
        }
      }),
    );
    app.onError((error, context) => context.json({ error: error.message }, 500));
    app.get("/boom", () => {
      throw new Error("boom");
    });
    serve({ fetch: app.fetch, port }, ready);
  },
  async client() {
    const hello = await fetch(`${url}/hello/world`);
    say("hello", hello.status, await hello.text(), hello.headers.get("x-middleware"));
    const body = JSON.stringify([1, 2, 3]);
    say("sum", await (await fetch(`${url}/sum`, { method: "POST", body })).json());
    say("stream", (await (await fetch(`${url}/stream`)).text()).trim().split("\n"));
    say("boom", (await fetch(`${url}/boom`)).status);
    const controller = new AbortController();
    const aborted = fetch(`${url}/stream`, { signal: controller.signal }).catch(
      (error) => error.name,
    );
    controller.abort();
    say("aborted", await aborted);
  },
});
