/** express with ejs: views and static files that lie beside the program, found by the engine's own name. */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import express from "express";
import { port, ready, roles, say, url } from "./roles.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

await roles({
  server() {
    const app = express();
    app.set("views", join(here, "beside", "views"));
    app.set("view engine", "ejs");
    app.use("/files", express.static(join(here, "beside", "views")));
    app.get("/", (request, response) => response.render("page", { name: "ada", items: [1, 2] }));
    app.listen(port, "0.0.0.0", ready);
  },
  async client() {
    const get = async (path) => {
      const response = await fetch(url + path);
      say(path, response.status, response.headers.get("content-type"), await response.text());
    };
    await get("/");
    await get("/files/style.css");
    await get("/files/none.css");
  },
});
