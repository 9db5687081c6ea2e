/** How exporters read a trace: messages with their fates, operations with their ends, events in words. */
import { WORLD_EPOCH_MS } from "../../base/units.ts";
import { Kind, kindNames } from "../kinds.ts";
import type { PacketDetail } from "../packet.ts";
import { eventAt, type Trace, type TraceEvent } from "../trace.ts";

/** A message: what was sent, and what became of it. */
export interface Message {
  readonly sent: TraceEvent;
  readonly packet: PacketDetail;
  /** Its arrivals; several if it arrived twice. */
  readonly received: TraceEvent[];
  readonly dropped: TraceEvent | undefined;
}

/** An operation: its invocation, and its completion if there was one. */
export interface OperationSpan {
  readonly invoked: TraceEvent;
  readonly completed: TraceEvent | undefined;
  readonly name: string;
}

/** The time of an event as a date, in nanoseconds since 1970: true time, as a clock without error shows it. */
export function unixNs({ meta }: Trace, timeNs: number): bigint {
  return BigInt(meta?.startMs ?? WORLD_EPOCH_MS) * 1_000_000n + BigInt(timeNs);
}

/** All events of a trace, in order. */
export function* eventsOf(trace: Trace): Generator<TraceEvent> {
  for (let id = 1; id <= trace.length; id++) yield eventAt(trace, id) as TraceEvent;
}

/** The messages by the event of their sending, in order. */
export function messagesOf(trace: Trace): Map<number, Message> {
  const messages = new Map<number, Message & { dropped: TraceEvent | undefined }>();
  for (const event of eventsOf(trace)) {
    if (event.kind === Kind.send) {
      const packet = event.detail as PacketDetail;
      messages.set(event.id, { sent: event, packet, received: [], dropped: undefined });
    } else if (event.kind === Kind.receive) {
      messages.get(event.cause)?.received.push(event);
    } else if (event.kind === Kind.drop) {
      const message = messages.get(event.cause);
      if (message) message.dropped = event;
    }
  }
  return messages;
}

/** The operations, in the order of their invocations. */
export function operationsOf(trace: Trace): OperationSpan[] {
  const open = new Map<unknown, OperationSpan & { completed: TraceEvent | undefined }>();
  const all: OperationSpan[] = [];
  for (const event of eventsOf(trace)) {
    const detail = (event.detail ?? {}) as Readonly<Record<string, unknown>>;
    if (event.kind === Kind.invoke) {
      const span = {
        invoked: event,
        completed: undefined,
        name: words(detail["f"], detail["key"]),
      };
      open.set(detail["index"], span);
      all.push(span);
    } else if (event.kind === Kind.complete) {
      const span = open.get(detail["index"]);
      if (span) span.completed = event;
      open.delete(detail["index"]);
    }
  }
  return all;
}

/** The name of an event's host; "simulator" for those of no host. */
export function hostOf(trace: Trace, event: TraceEvent): string {
  return trace.hosts[event.host] || "simulator";
}

/** An event in a few words. */
export function describeEvent(event: TraceEvent): string {
  const detail = (event.detail ?? {}) as Readonly<Record<string, unknown>>;
  const kind = kindNames[event.kind] ?? `kind ${event.kind}`;
  switch (event.kind) {
    case Kind.send:
    case Kind.drop: {
      const { protocol, from, to, flags, bytes, reason } = event.detail as PacketDetail;
      return words(kind, protocol, `${from} to ${to}`, flags || `${bytes} bytes`, reason);
    }
    case Kind.fault:
    case Kind.heal:
      return words(kind, detail["kind"], list(detail["targets"]));
    case Kind.invoke:
      return words(kind, detail["f"], detail["key"], detail["input"]);
    case Kind.complete:
      return words(kind, detail["outcome"], detail["output"] ?? detail["error"]);
    case Kind.log:
      return String(detail["text"]).trimEnd();
    default:
      return event.detail === undefined ? kind : words(kind, event.detail);
  }
}

function list(names: unknown): string {
  return Array.isArray(names) ? names.join(", ") : "";
}

/** Joins what there is, as text. */
export function words(...parts: readonly unknown[]): string {
  return parts
    .filter((part) => part !== undefined && part !== null && part !== "")
    .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
    .join(" ");
}
