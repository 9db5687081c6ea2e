/** express: routes, parameters, JSON bodies, middleware, static errors; the client is axios. */
import axios from "axios";
import express from "express";
import { port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    const app = express();
    app.use(express.json());
    app.use((request, response, next) => {
      response.set("x-seen", request.method);
      next();
    });
    const carts = new Map();
    app.get("/carts/:id", (request, response) => {
      const cart = carts.get(request.params.id);
      if (!cart) return response.status(404).json({ error: "no such cart" });
      response.json(cart);
    });
    app.post("/carts/:id/items", (request, response) => {
      const cart = carts.get(request.params.id) ?? { items: [] };
      cart.items.push(request.body);
      carts.set(request.params.id, cart);
      response.status(201).json(cart);
    });
    app.get("/large", (_request, response) => response.type("text").send("x".repeat(300_000)));
    app.get("/boom", () => {
      throw new Error("boom");
    });
    app.use((error, _request, response, _next) =>
      response.status(500).json({ error: error.message }),
    );
    app.listen(port, ready);
  },
  async client() {
    const http = axios.create({ baseURL: url, validateStatus: () => true });
    for (const name of ["tea", "milk"]) {
      const { status, data, headers } = await http.post("/carts/7/items", { name, count: 2 });
      say("post", status, data, headers["x-seen"], headers["content-type"]);
    }
    say("get", (await http.get("/carts/7")).data);
    const missing = await http.get("/carts/8");
    say("missing", missing.status, missing.data);
    say("large", (await http.get("/large")).data.length);
    const boom = await http.get("/boom");
    say("boom", boom.status, boom.data);
    const bad = await http.post("/carts/7/items", "{not json", {
      headers: { "content-type": "application/json" },
    });
    say("bad body", bad.status);
    const many = await Promise.all(Array.from({ length: 20 }, (_, i) => http.get(`/carts/${i}`)));
    say("parallel", many.map(({ status }) => status).join(","));
  },
});
