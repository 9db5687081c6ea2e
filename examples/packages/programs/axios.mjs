/** axios: interceptors, parameters, timeouts, cancellation, redirects and streams, against a plain server. */
import axios from "axios";
import http from "node:http";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    http
      .createServer((request, response) => {
        if (request.url === "/moved") response.writeHead(302, { location: "/here" }).end();
        else if (request.url === "/slow") setTimeout(() => response.end("late"), 60_000);
        else
          response.end(JSON.stringify({ url: request.url, token: request.headers.token ?? null }));
      })
      .listen(port, ready);
  },
  async client() {
    const client = axios.create({ baseURL: url });
    client.interceptors.request.use((config) => {
      config.headers.set("token", "abc");
      return config;
    });
    say("params", (await client.get("/find", { params: { q: "a b", n: 2 } })).data);
    say("redirect", (await client.get("/moved")).data.url);
    say("timeout", (await client.get("/slow", { timeout: 2_000 }).catch((error) => error)).code);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const { signal } = controller;
    say("cancelled", (await client.get("/slow", { signal }).catch((error) => error)).code);
    const { data } = await client.get("/stream", { responseType: "stream" });
    say("stream", (await data.setEncoding("utf8").toArray()).join(""));
  },
});
