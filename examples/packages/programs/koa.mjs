/** koa: the onion of middleware, errors, cookies, streams; the client is node:http with an agent. */
import Koa from "koa";
import http from "node:http";
import { Readable } from "node:stream";
import { host, port, ready, roles, say } from "./roles.mjs";

await roles({
  server() {
    const app = new Koa();
    app.silent = true;
    app.use(async (context, next) => {
      const trail = [];
      context.state.trail = trail;
      trail.push("in");
      await next();
      trail.push("out");
      context.set("x-trail", trail.join(","));
    });
    app.use(async (context) => {
      context.state.trail.push(context.path);
      if (context.path === "/cookie") context.cookies.set("a", "1");
      if (context.path === "/stream") context.body = Readable.from(["x", "y"]);
      else if (context.path === "/teapot") context.throw(418, "short and stout");
      else context.body = { path: context.path };
    });
    app.listen(port, ready);
  },
  async client() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const get = (path) =>
      new Promise((resolve, reject) => {
        http
          .get({ host, port, path, agent }, (response) => {
            let body = "";
            response.setEncoding("utf8").on("data", (chunk) => (body += chunk));
            response.on("end", () => resolve({ response, body }));
          })
          .on("error", reject);
      });
    for (const path of ["/a", "/cookie", "/stream", "/teapot"]) {
      const { response, body } = await get(path);
      say(
        path,
        response.statusCode,
        body,
        response.headers["x-trail"],
        response.headers["set-cookie"],
      );
    }
    const paths = await Promise.all(["/1", "/2", "/3"].map(get));
    say("one socket", paths.map(({ body }) => body).join(" "));
  },
});
