/** A shop that uses four services outside: one that is a function, with webhooks, and others that data describes. */
import { createServer } from "node:http";
import https from "node:https";
import { world } from "lightcone";

const openApi = {
  openapi: "3.0.0",
  paths: {
    "/users/me": {
      get: { responses: { 200: { content: { "application/json": { example: { id: 7 } } } } } },
    },
    "/users/{id}": {
      get: {
        responses: {
          200: {
            content: { "application/json": { schema: { $ref: "#/components/schemas/User" } } },
          },
        },
      },
      delete: { responses: { 204: {} } },
    },
  },
  components: {
    schemas: {
      User: {
        type: "object",
        properties: {
          id: { type: "integer" },
          name: { type: "string", example: "Ada" },
          tags: { type: "array", items: { enum: ["new", "old"] } },
        },
      },
    },
  },
};

export default world("services outside answer", (w) => {
  let charges = 0;
  w.outside("api.pay.example", ({ method, path, query, json }, { webhook }) => {
    if (method !== "POST" || path !== "/charges") return { status: 404, body: "there is nothing" };
    const charge = { id: ++charges, order: (json as { order: number }).order, test: query["test"] };
    webhook("http://shop:8080/hook", { charge: charge.id });
    return { status: 201, headers: { "x-charge": `${charge.id}` }, body: charge };
  });
  w.outside("api.users.example", openApi);
  w.outside("api.old.example", [
    { request: { method: "GET", path: "/rate" }, response: { body: { rate: 1 } } },
    { request: { method: "GET", path: "/rate" }, response: { body: { rate: 2 } } },
  ]);
  w.outside("api.file.example", "./outside.har.json");
  w.host("shop", async ({ op, sleep }) => {
    createServer((request, answer) => {
      let text = "";
      request.on("data", (part) => (text += part));
      request.on("end", () => {
        void op("hook", text, () => {});
        answer.end();
      });
    }).listen(8080);
    const said = async (url: string, init?: RequestInit): Promise<string> => {
      const answer = await fetch(url, init);
      return `${answer.status} ${await answer.text()}`;
    };
    const ask = (name: string, url: string, init?: RequestInit): Promise<unknown> =>
      op(name, url, () => said(url, init)).catch(() => {});
    const body = JSON.stringify({ order: 17 });
    await ask("ask", "https://api.pay.example/charges?test=yes", { method: "POST", body });
    await ask("ask", "http://api.pay.example/charges");
    await ask("ask", "https://api.users.example/users/me");
    await ask("ask", "https://api.users.example/users/12");
    await ask("ask", "https://api.users.example/users/12", { method: "DELETE" });
    await ask("ask", "https://api.users.example/users/12", { method: "PUT" });
    for (let time = 0; time < 3; time++) await ask("ask", "https://api.old.example/rate");
    await ask("ask", "https://api.old.example/else");
    await ask("ask", "https://api.file.example/v1/rates?base=EUR");
    await op("ask", "the authority", async () => {
      const socket = https.get("https://api.pay.example/");
      return new Promise((resolve, reject) =>
        socket.on("error", reject).on("response", (answer) => {
          const { authorized } = answer.socket as unknown as { authorized: boolean };
          answer.resume();
          resolve(authorized);
        }),
      );
    }).catch(() => {});
    for (let number = 1; ; number++) {
      await sleep("200ms");
      await ask("charge", "https://api.pay.example/charges", { method: "POST", body });
    }
  });
  w.run("8s", { calm: "1s" });
});
