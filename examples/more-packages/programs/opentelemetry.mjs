/** OpenTelemetry: spans of node:http joined across two processes by their headers, context through awaits, exported over OTLP, again after a crash. */
import { context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import http from "node:http";
import { createRequire } from "node:module";
import { json } from "node:stream/consumers";
import { crash, port, ready, roles, say, url } from "./roles.mjs";

await roles({
  server() {
    // A collector, and a service that says which trace it was called in.
    const spans = [];
    http
      .createServer(async (request, response) => {
        if (request.url === "/v1/traces") {
          const { resourceSpans } = await json(request);
          for (const { scopeSpans } of resourceSpans)
            spans.push(...scopeSpans.flatMap((scope) => scope.spans));
          response.setHeader("content-type", "application/json").end("{}");
        } else if (request.url === "/spans") {
          response.end(JSON.stringify(spans));
        } else {
          response.end(request.headers.traceparent ?? "none");
        }
      })
      .listen(port, ready);
  },
  async client() {
    const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces` });
    const processor = new BatchSpanProcessor(exporter, { scheduledDelayMillis: 600_000 });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.register();
    const instrumentation = new HttpInstrumentation({
      ignoreOutgoingRequestHook: ({ path }) => path === "/spans" || path === "/v1/traces",
    });
    instrumentation.setTracerProvider(provider);
    instrumentation.enable();
    // It changes what is required from now on.
    const watched = createRequire(import.meta.url)("node:http");
    const get = (path) =>
      new Promise((resolve, reject) => {
        watched
          .get(url + path, (response) => {
            let text = "";
            response.on("data", (chunk) => (text += chunk)).on("end", () => resolve(text));
          })
          .on("error", reject);
      });
    const tracer = trace.getTracer("test");
    const work = (name) =>
      tracer.startActiveSpan(name, { attributes: { n: 1 } }, async (span) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        const inside = trace.getActiveSpan() === span;
        const parent = await get("/work").catch((error) => {
          span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR });
          return "";
        });
        await tracer.startActiveSpan("inner", async (inner) => inner.end());
        span.end();
        return [inside, parent.split("-")[1] === span.spanContext().traceId];
      });
    say("work", await work("outer"));
    const carrier = {};
    const span = tracer.startSpan("carried");
    propagation.inject(trace.setSpan(context.active(), span), carrier);
    span.end();
    say(
      "carrier",
      Object.keys(carrier),
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(carrier.traceparent),
    );
    await provider.forceFlush();
    const collected = async () => {
      const spans = JSON.parse(await get("/spans"));
      const byId = new Map(spans.map((one) => [one.spanId, one.name]));
      return spans
        .map(({ name, kind, parentSpanId, status }) => [
          name,
          kind,
          byId.get(parentSpanId) ?? null,
          status.code,
        ])
        .toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
    };
    say("collected", await collected());

    crash();
    // The exporter tries again by itself until somebody collects.
    await work("while it is down");
    await provider.forceFlush();
    for (;;) {
      const names = await collected().catch(() => []);
      if (names.length > 0) {
        say(
          "after the crash",
          names.some(([name]) => name === "while it is down"),
        );
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await provider.shutdown().catch(() => {});
  },
});
