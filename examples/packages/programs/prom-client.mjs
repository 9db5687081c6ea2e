/** prom-client: counters, gauges, histograms, summaries and default metrics, scraped over HTTP; a crash resets the counters. */
import { createServer } from "node:http";
import client from "prom-client";
import { crash, port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    client.collectDefaultMetrics();
    const requests = new client.Counter({
      name: "http_requests_total",
      help: "requests",
      labelNames: ["method", "code"],
    });
    const seconds = new client.Histogram({
      name: "work_seconds",
      help: "how long work takes",
      buckets: [0.001, 0.1, 5],
    });
    const jobs = new client.Gauge({
      name: "jobs",
      help: "jobs",
      collect() {
        this.set(7);
      },
    });
    const sizes = new client.Summary({ name: "sizes", help: "sizes", percentiles: [0.5, 0.9] });
    createServer(async (request, response) => {
      if (request.url === "/metrics") {
        response.setHeader("content-type", client.register.contentType);
        response.end(await client.register.metrics());
        return;
      }
      jobs.inc();
      const end = seconds.startTimer();
      await new Promise((resolve) => setTimeout(resolve, 10));
      end();
      requests.inc({ method: request.method, code: 200 });
      sizes.observe(Number(request.url.slice(1)));
      response.end("ok");
    }).listen(port, ready);
  },
  async client() {
    const scrape = async () => {
      const response = await fetch(`${url}/metrics`);
      const lines = (await response.text()).split("\n");
      return { type: response.headers.get("content-type"), lines };
    };
    for (const size of [10, 20, 30]) await (await fetch(`${url}/${size}`)).text();
    await (await fetch(`${url}/40`, { method: "DELETE" })).text();
    const { type, lines } = await scrape();
    say(type);
    for (const line of lines) {
      if (/^(http_requests|work_seconds_(bucket|count)|jobs|sizes)/.test(line)) say(line);
    }
    // Which of the process's own metrics there are; their values are the machine's.
    const names = lines.filter((line) => /^# TYPE (process|nodejs)_/.test(line));
    say(names.map((line) => line.slice("# TYPE ".length)).toSorted());
    const values = lines.filter((line) => /^(process|nodejs)_[a-z_]+ /.test(line));
    say(values.filter((line) => !Number.isFinite(Number(line.split(" ")[1]))));

    crash();
    for (;;) {
      const again = await scrape().catch(() => undefined);
      if (again?.lines.every((line) => !line.startsWith("http_requests_total{"))) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await (await fetch(`${url}/50`)).text();
    const { lines: after } = await scrape();
    say(
      "after the crash",
      after.filter((line) => line.startsWith("http_requests_total{")),
    );
  },
});
