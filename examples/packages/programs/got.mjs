/** got: retries, hooks, timeouts, redirects and streams, against a plain server. */
import got from "got";
import http from "node:http";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    let calls = 0;
    http
      .createServer((request, response) => {
        if (request.url === "/flaky" && ++calls < 3) response.writeHead(503).end();
        else if (request.url === "/moved") response.writeHead(302, { location: "/here" }).end();
        else if (request.url === "/slow") setTimeout(() => response.end("late"), 60_000);
        else response.end(JSON.stringify({ url: request.url, hook: request.headers.hook ?? null }));
      })
      .listen(port, ready);
  },
  async client() {
    const retry = { limit: 3, calculateDelay: ({ computedValue }) => (computedValue ? 20 : 0) };
    const beforeRequest = [(options) => void (options.headers.hook = "ran")];
    const client = got.extend({ prefixUrl: url, retry, hooks: { beforeRequest } });
    say("hook", await client.get("a", { searchParams: { q: "x y" } }).json());
    const flaky = await client.get("flaky");
    say("retried", flaky.retryCount, flaky.statusCode);
    say("redirect", (await client.get("moved").json()).url);
    const late = client.get("slow", { timeout: { response: 2_000 }, retry: { limit: 0 } });
    say("timeout", (await late.catch((error) => error)).code);
    say("stream", (await client.stream("s").setEncoding("utf8").toArray()).join(""));
  },
});
