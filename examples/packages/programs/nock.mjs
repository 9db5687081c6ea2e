/** nock: requests of node:http, https and fetch answered in the process, errors and delays, real requests let through. */
import http from "node:http";
import nock from "nock";
import { host, port, ready, roles, say, url } from "./roles.mjs";

const ask = (target) =>
  new Promise((resolve, reject) => {
    http
      .get(target, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve([response.statusCode, response.headers["x-from"], text]));
      })
      .on("error", reject);
  });

await roles({
  server() {
    http
      .createServer((_request, response) => {
        response.setHeader("x-from", "the server").end("really");
      })
      .listen(port, ready);
  },
  async client() {
    nock.disableNetConnect();
    const scope = nock("http://api.example.com", { reqheaders: { authorization: /^Bearer / } })
      .get("/users")
      .query({ page: "2" })
      .reply(200, [{ id: 1 }], { "x-from": "nock" })
      .post("/users", (body) => body.name === "ada")
      .reply(201, (_uri, body) => ({ ...body, id: 2 }));
    const headers = { authorization: "Bearer t", "content-type": "application/json" };
    const users = await fetch("http://api.example.com/users?page=2", { headers });
    say("users", users.status, users.headers.get("x-from"), await users.json());
    const body = JSON.stringify({ name: "ada" });
    const made = await fetch("http://api.example.com/users", { method: "POST", headers, body });
    say("made", made.status, await made.json(), scope.isDone());

    nock("https://secure.example.com").get("/").times(2).reply(200, "tls, almost");
    say("https", await (await fetch("https://secure.example.com/")).text());
    say("pending", nock.pendingMocks());

    nock("http://broken.example.com")
      .get("/")
      .replyWithError(Object.assign(new Error("cut"), { code: "ECONNRESET" }))
      .get("/slow")
      .delay(200)
      .reply(204);
    say(
      "error",
      await ask("http://broken.example.com/").catch(({ code, message }) => [code, message]),
    );
    const before = performance.now();
    say(
      "slow",
      (await ask("http://broken.example.com/slow"))[0],
      performance.now() - before >= 199,
    );
    say(
      "refused",
      await ask("http://elsewhere.example.com/").catch(({ code, message }) => [code, message]),
    );

    nock.enableNetConnect((target) => target.startsWith(host));
    say("let through", await ask(url), await (await fetch(url)).text());
    nock.cleanAll();
    nock.restore();
    say("restored", await ask(url));
  },
});
