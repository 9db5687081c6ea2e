/**
 * Trace events of Chrome and Perfetto: a process for each host, operations and faults as slices, messages as
 * arrows, everything else as instants. (Trace Event Format, Google, 2016.)
 */
import { Kind } from "../kinds.ts";
import { type Exporter, utf8 } from "./exporter.ts";
import { describeEvent, eventsOf, hostOf, messagesOf, operationsOf, words } from "./reading.ts";

const OPERATIONS = 1;
const EVENTS = 2;

/** Writes JSON that `ui.perfetto.dev` and `chrome://tracing` open. */
export const chrome: Exporter = {
  opens: "Perfetto (ui.perfetto.dev) and chrome://tracing",
  ending: ".chrome.json",
  write(trace) {
    const out: object[] = [];
    trace.hosts.forEach((name, pid) => {
      out.push(named("process_name", pid, 0, name || "simulator"));
      out.push(named("thread_name", pid, OPERATIONS, "operations"));
      out.push(named("thread_name", pid, EVENTS, "events"));
    });
    const lastNs = trace.length === 0 ? 0 : (trace.timeNs[trace.length - 1] as number);
    for (const { invoked, completed, name } of operationsOf(trace)) {
      const id = invoked.id;
      const at = { cat: "operation", name, id, pid: invoked.host, tid: OPERATIONS };
      const args = { input: invoked.detail, result: completed?.detail ?? "open at the end" };
      out.push({ ...at, ph: "b", ts: us(invoked.timeNs), args });
      out.push({ ...at, ph: "e", ts: us(completed?.timeNs ?? lastNs) });
    }
    for (const { sent, packet, received, dropped } of messagesOf(trace).values()) {
      const name = words(packet.protocol, packet.flags || `${packet.bytes} bytes`);
      for (const [copy, arrival] of received.entries()) {
        const flow = { cat: "message", name, id: `${sent.id}.${copy}`, tid: EVENTS };
        out.push({ ...flow, ph: "s", ts: us(sent.timeNs), pid: sent.host });
        out.push({ ...flow, ph: "f", bp: "e", ts: us(arrival.timeNs), pid: arrival.host });
      }
      if (dropped) out.push(instant(`lost: ${packet.reason ?? name}`, dropped.timeNs, sent.host));
    }
    for (const event of eventsOf(trace)) {
      if (event.kind === Kind.invoke || event.kind === Kind.complete) continue;
      if (event.kind === Kind.internal) continue;
      const args = { event: event.id, cause: event.cause, host: hostOf(trace, event) };
      // An arrow needs a slice at either end.
      const slice = { ph: "X", dur: 1, ts: us(event.timeNs), pid: event.host, tid: EVENTS };
      out.push({ ...slice, cat: "event", name: describeEvent(event), args });
    }
    return utf8(
      `${JSON.stringify({ traceEvents: out, displayTimeUnit: "ms", metadata: trace.meta ?? {} })}\n`,
    );
  },
};

function named(what: string, pid: number, tid: number, name: string): object {
  return { ph: "M", name: what, pid, tid, args: { name } };
}

function instant(name: string, timeNs: number, pid: number): object {
  return { ph: "i", s: "p", cat: "message", name, ts: us(timeNs), pid, tid: EVENTS };
}

function us(ns: number): number {
  return ns / 1_000;
}
