/**
 * express-session 1.19.0 saves a session at the end of each request that changed it, even if it was destroyed meanwhile
 * (expressjs/session#632; the maintainers expect it so). Who has logged out is logged in again.
 */
import express from "express";
import session from "express-session";
import { world } from "lightcone";

export default world("a destroyed session stays destroyed", (w) => {
  const server = w.host("server", ({ sleep, random }) => {
    const app = express();
    app.use(session({ secret: "secret", resave: false, saveUninitialized: false }));
    app.get("/login", (request, response) => {
      request.session.user = request.query.user;
      response.send("welcome");
    });
    app.get("/page", (request, response) => {
      // The answer of a database.
      void sleep(random.integer(5, 50)).then(() => {
        request.session.views = (request.session.views ?? 0) + 1;
        response.send("page");
      });
    });
    app.get("/logout", (request, response) => request.session.destroy(() => response.send("bye")));
    app.get("/me", (request, response) => response.send(request.session.user ?? "nobody"));
    app.listen(80);
  });
  w.hosts("browser", 2, async ({ host, op, always, sleep, random }) => {
    for (let n = 0; ; n++) {
      const user = `${host}.${n}`;
      try {
        const login = await fetch(`http://${server}/login?user=${user}`);
        const cookie = (login.headers.get("set-cookie") as string).split(";")[0] as string;
        const get = async (path: string) =>
          (await fetch(`http://${server}${path}`, { headers: { cookie } })).text();
        // One tab looks at pages, another one logs out some time.
        const tab = { isOpen: true };
        const reading = (async () => {
          while (tab.isOpen) {
            await op("page", user, () => get("/page")).catch(() => {});
            await sleep(random.integer(100, 3_000));
          }
        })();
        await sleep(random.integer(1_000, 5_000));
        await op("logout", user, () => get("/logout"));
        tab.isOpen = false;
        await reading;
        const who = await op("me", user, () => get("/me"));
        always("who logged out is logged out", who === "nobody", { user, who });
      } catch {
        await sleep(500);
      }
    }
  });
  w.link({ latency: "1ms..20ms" });
  w.faults(w.latency(), w.partition());
  w.run("60s");
});
