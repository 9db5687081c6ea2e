/** msw in Node: handlers for REST and GraphQL, delays, network errors, once-only answers, requests let through to a server. */
import { delay, graphql, http, HttpResponse, passthrough } from "msw";
import { setupServer } from "msw/node";
import nodeHttp from "node:http";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    nodeHttp
      .createServer((_request, response) => {
        response.end("really");
      })
      .listen(port, ready);
  },
  async client() {
    const seen = [];
    const mock = setupServer(
      http.get("https://api.example.com/users/:id", ({ params, request }) => {
        if (request.headers.get("authorization") === null) {
          return HttpResponse.json({ error: "who are you?" }, { status: 401 });
        }
        return HttpResponse.json({ id: params.id, name: "ada" });
      }),
      http.post("https://api.example.com/users", async ({ request, cookies }) => {
        const { name } = await request.json();
        await delay(20);
        return HttpResponse.json({ name, cookies }, { status: 201, headers: { "x-by": "msw" } });
      }),
      http.get("https://broken.example.com/", () => HttpResponse.error()),
      http.get("https://stream.example.com/", () => {
        const words = ["one ", "two ", "three"];
        const body = new ReadableStream({
          pull(controller) {
            const word = words.shift();
            if (word === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(word));
          },
        });
        return new HttpResponse(body, { headers: { "content-type": "text/plain" } });
      }),
      http.get(`${url}/through`, () => passthrough()),
      graphql.query("Person", ({ variables }) =>
        HttpResponse.json({ data: { person: { id: variables.id, name: "ada" } } }),
      ),
    );
    mock.events.on("request:match", ({ request }) => seen.push(`${request.method} matched`));
    mock.events.on("request:unhandled", ({ request }) => seen.push(`${request.method} unhandled`));
    mock.listen({ onUnhandledRequest: "bypass" });

    const json = async (response) => [response.status, await response.json()];
    say("stranger", await json(await fetch("https://api.example.com/users/7")));
    const headers = { authorization: "Bearer t" };
    say("user", await json(await fetch("https://api.example.com/users/7", { headers })));
    const made = await fetch("https://api.example.com/users", {
      method: "POST",
      headers: { cookie: "a=1" },
      body: JSON.stringify({ name: "eve" }),
    });
    say("made", made.headers.get("x-by"), await json(made));
    say("broken", await fetch("https://broken.example.com/").catch(({ name }) => name));
    say("stream", await (await fetch("https://stream.example.com/")).text());
    const query = "query Person($id: ID!) { person(id: $id) { id name } }";
    const asked = await fetch("https://graph.example.com/", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables: { id: "9" } }),
    });
    say("graphql", await json(asked));

    const viaHttp = (target) =>
      new Promise((resolve, reject) => {
        nodeHttp
          .get(target, (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
            response.on("end", () => resolve([response.statusCode, text]));
          })
          .on("error", reject);
      });
    say("through", await viaHttp(`${url}/through`), await viaHttp(`${url}/unknown`));
    mock.use(http.get(`${url}/once`, () => HttpResponse.text("once"), { once: true }));
    say("once", await viaHttp(`${url}/once`), await viaHttp(`${url}/once`));
    say("seen", seen);
    mock.close();
    say("closed", await (await fetch(`${url}/through`)).text());
  },
});
