/**
 * Spans in OpenTelemetry's JSON encoding of OTLP: a resource for each host, a span for each operation and each
 * message. A message's parent is the operation or the message that led to it.
 */
import type { Trace, TraceEvent } from "../trace.ts";
import { type Exporter, utf8 } from "./exporter.ts";
import { messagesOf, operationsOf, unixNs, words } from "./reading.ts";

const INTERNAL = 1;
const PRODUCER = 4;
const OK = 1;
const ERROR = 2;

/** Writes what `otlphttp` and its kin receive: POST it to a collector's `/v1/traces`. */
export const otel: Exporter = {
  opens: "OpenTelemetry collectors, Jaeger, Grafana Tempo: POST it to /v1/traces",
  ending: ".otlp.json",
  write(trace) {
    const traceId = hex(BigInt(trace.meta?.seed ?? 0) + 1n, 32);
    const operations = operationsOf(trace);
    const messages = messagesOf(trace);
    const spans = new Set([...operations.map(({ invoked }) => invoked.id), ...messages.keys()]);
    const lastNs = trace.length === 0 ? 0 : (trace.timeNs[trace.length - 1] as number);
    const byHost = new Map<number, object[]>();
    const add = (event: TraceEvent, span: object): void => {
      let own = byHost.get(event.host);
      if (!own) byHost.set(event.host, (own = []));
      const parent = parentOf(trace, event, spans);
      own.push({
        traceId,
        spanId: hex(BigInt(event.id), 16),
        ...(parent > 0 && { parentSpanId: hex(BigInt(parent), 16) }),
        startTimeUnixNano: nanos(trace, event.timeNs),
        ...span,
      });
    };
    for (const { invoked, completed, name } of operations) {
      const { outcome, output, error } = (completed?.detail ?? {}) as Record<string, unknown>;
      add(invoked, {
        name,
        kind: INTERNAL,
        endTimeUnixNano: nanos(trace, completed?.timeNs ?? lastNs),
        attributes: attributes({ outcome: outcome ?? "open at the end", output }),
        status: outcome === "ok" ? { code: OK } : { code: ERROR, message: words(error) },
      });
    }
    for (const { sent, packet, received, dropped } of messages.values()) {
      const end = received.at(-1) ?? dropped;
      const { payload: _, ...facts } = packet;
      add(sent, {
        name: words(packet.protocol, packet.flags || "data", "to", packet.to),
        kind: PRODUCER,
        endTimeUnixNano: nanos(trace, end?.timeNs ?? lastNs),
        attributes: attributes({ ...facts, arrivals: received.length }),
        status: received.length > 0 ? { code: OK } : { code: ERROR, message: "it did not arrive" },
      });
    }
    const resourceSpans = [...byHost].map(([host, own]) => ({
      resource: { attributes: attributes({ "service.name": trace.hosts[host] || "simulator" }) },
      scopeSpans: [{ scope: { name: "lightcone" }, spans: own }],
    }));
    return utf8(`${JSON.stringify({ resourceSpans })}\n`);
  },
};

/** The nearest cause that is a span itself, or 0. */
function parentOf(trace: Trace, event: TraceEvent, spans: ReadonlySet<number>): number {
  for (let at = event.cause; at > 0; at = trace.cause[at - 1] as number)
    if (spans.has(at)) return at;
  return 0;
}

function attributes(values: Readonly<Record<string, unknown>>): object[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (Number.isSafeInteger(value)) return { key, value: { intValue: String(value) } };
      return { key, value: { stringValue: words(value) } };
    });
}

function nanos(trace: Trace, timeNs: number): string {
  return String(unixNs(trace, timeNs));
}

function hex(value: bigint, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
