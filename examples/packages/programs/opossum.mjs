/** opossum: a circuit breaker before an HTTP service that fails, hangs and crashes; fallbacks, timeouts, opening and closing. */
import { createServer } from "node:http";
import CircuitBreaker from "opossum";
import { crash, port, ready, roles, say, until, url } from "./roles.mjs";

await roles({
  server() {
    createServer((request, response) => {
      if (request.url === "/hang") return;
      response.statusCode = request.url === "/fail" ? 500 : 200;
      response.end(`hello from ${request.url}`);
    }).listen(port, ready);
  },
  async client() {
    const call = async (path) => {
      const response = await fetch(url + path);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return response.text();
    };
    const breaker = new CircuitBreaker(call, {
      timeout: 2000,
      errorThresholdPercentage: 50,
      resetTimeout: 300,
      volumeThreshold: 3,
      rollingCountTimeout: 60_000,
    });
    const events = [];
    for (const name of ["open", "halfOpen", "close", "timeout", "reject"]) {
      breaker.on(name, () => events.push(name));
    }
    say("answer", await breaker.fire("/a"));
    say("failure", await breaker.fire("/fail").catch(({ message }) => message));
    say("timeout", await breaker.fire("/hang").catch(({ code, message }) => [code, message]));
    say("open", breaker.opened, await breaker.fire("/a").catch(({ code }) => code));
    await until(() => breaker.halfOpen);
    say("half open", await breaker.fire("/b"), breaker.closed);
    say("events", events);
    const { fires, successes, failures, rejects, timeouts } = breaker.stats;
    say("stats", { fires, successes, failures, rejects, timeouts });

    breaker.shutdown();
    say("shut down", await breaker.fire("/c").catch(({ code }) => code));

    // One failure is enough for this one.
    const wary = new CircuitBreaker(call, { errorThresholdPercentage: 1, resetTimeout: 300 });
    wary.fallback((path) => `instead of ${path}`);
    const answers = new Set();
    // Over a slow link a request may be under way for as long as the server is down.
    while (!wary.opened) {
      crash();
      for (let i = 0; i < 3; i++) answers.add(await wary.fire("/d"));
    }
    say("fell back", answers.has("instead of /d"));
    while (!wary.closed) {
      await wary.fire("/d");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    say("closed again", await wary.fire("/d"));
    wary.shutdown();
  },
});
