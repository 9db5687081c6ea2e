/** The fields that filters can name: each with what it means and how it is read from an event. */
import type { Value } from "../../filter/values.ts";
import { Kind, kindNames } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { describeEvent, operationOf, packetOf } from "../model/describe.ts";
import { fateNames } from "../model/messages.ts";
import { detailOf } from "../model/rows.ts";
import type { Run } from "../model/run.ts";

/** A field. */
export interface Field {
  readonly name: string;
  readonly about: string;
  /** The values of an event. */
  values(run: Run, id: number): readonly Value[];
  /** The values that occur, for completion. */
  choices?(run: Run): readonly string[];
  /** The only kinds of events that have the field. */
  readonly kinds?: readonly number[];
}

const MESSAGE_KINDS = [Kind.send, Kind.receive, Kind.drop];
const OPERATION_KINDS = [Kind.invoke, Kind.complete];

function ofPacket(
  name: string,
  about: string,
  read: (packet: PacketDetail) => Value | undefined,
  choices?: (run: Run) => readonly string[],
): Field {
  return {
    name,
    about,
    kinds: MESSAGE_KINDS,
    values: (run, id) => listOf(mapped(packetOf(run, id), read)),
    ...(choices && { choices }),
  };
}

function ofDetail(name: string, about: string, kinds: readonly number[], key: string): Field {
  return {
    name,
    about,
    kinds,
    values: ({ trace }, id) => {
      const detail = detailOf(trace, id - 1) as Record<string, unknown> | undefined;
      return listOf(textOf(detail?.[key]));
    },
  };
}

/** All fields that do not come from a protocol. */
export const fields: readonly Field[] = [
  {
    name: "host",
    about: "the name of the host",
    values: ({ trace }, id) => listOf(trace.hosts[trace.host[id - 1] as number] || undefined),
    choices: ({ lanes }) => [
      ...new Set(lanes.flatMap(({ role, name }) => (role === name ? [name] : [`${role}-*`, name]))),
    ],
  },
  {
    name: "kind",
    about: "send, receive, drop, invoke, complete, fault, disk, log, ...",
    values: ({ trace }, id) => listOf(kindNames[trace.kind[id - 1] as number]),
    choices: ({ trace }) => {
      const seen = new Set(trace.kind);
      return kindNames.filter((_, kind) => seen.has(kind));
    },
  },
  {
    name: "t",
    about: "the time of the event: t>1.2s",
    values: ({ trace }, id) => [trace.timeNs[id - 1] as number],
  },
  { name: "id", about: "the number of the event", values: (_, id) => [id] },
  {
    name: "fate",
    about: "what became of the message",
    kinds: MESSAGE_KINDS,
    values: ({ messages }, id) => {
      const index = messages.ofRow[id - 1] as number;
      return index === 0 ? [] : [fateNames[messages.fate[index - 1] as number] as string];
    },
    choices: () => fateNames.filter((name) => !name.includes(" ")),
  },
  ofPacket("from", "the host that sent the message", ({ from }) => from, hostNames),
  ofPacket("to", "the host that it was sent to", ({ to }) => to, hostNames),
  ofPacket(
    "proto",
    "tcp, udp or unix",
    ({ protocol }) => protocol,
    () => ["tcp", "udp", "unix"],
  ),
  ofPacket(
    "flags",
    "SYN, SYN-ACK, ACK, FIN, RST",
    ({ flags }) => flags || "data",
    () => [...["data", "SYN", "SYN-ACK", "ACK", "FIN", "RST"]],
  ),
  ofPacket("bytes", "the size of the payload", ({ bytes }) => bytes),
  ofPacket("conn", "the number of the connection", ({ connection }) => connection),
  {
    name: "port",
    about: "a port of the message",
    kinds: MESSAGE_KINDS,
    values: (run, id) => {
      const packet = packetOf(run, id);
      return packet ? [packet.fromPort, packet.toPort] : [];
    },
  },
  {
    name: "op",
    about: "the name of the operation",
    kinds: OPERATION_KINDS,
    values: (run, id) => listOf(operationOf(run, id)?.f),
    choices: ({ operations }) => [...new Set(operations.map(({ f }) => f))],
  },
  {
    name: "key",
    about: "the object of the operation",
    kinds: OPERATION_KINDS,
    values: (run, id) => listOf(textOf(operationOf(run, id)?.key)),
  },
  {
    name: "outcome",
    about: "how the operation ended: ok, fail, info, open",
    kinds: OPERATION_KINDS,
    values: (run, id) => listOf(operationOf(run, id)?.outcome),
    choices: () => ["ok", "fail", "info", "open"],
  },
  {
    name: "took",
    about: "how long the operation took: took>200ms",
    kinds: OPERATION_KINDS,
    values: (run, id) => listOf(mapped(operationOf(run, id), ({ fromNs, toNs }) => toNs - fromNs)),
  },
  {
    name: "fault",
    about: "the fault that begins or ends, in words",
    kinds: [Kind.fault, Kind.heal],
    values: (run, id) => {
      const span = run.faults.find(({ began, lifted }) => began === id || lifted === id);
      return span ? [span.kind, span.text, ...span.targets] : [];
    },
    choices: ({ faults }) => [...new Set(faults.map(({ kind }) => kind))],
  },
  ofDetail("path", "the path of the file", [Kind.disk], "path"),
  ofDetail("disk", "write, sync, create, remove, rename, lost sync", [Kind.disk], "operation"),
  ofDetail("log", "what was printed", [Kind.log], "text"),
  {
    name: "text",
    about: "what the list says of the event",
    values: (run, id) => [describeEvent(run, id)],
  },
];

function hostNames({ lanes }: Run): string[] {
  return lanes.map(({ name }) => name);
}

function listOf(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

function mapped<From, To>(value: From | undefined, to: (value: From) => To): To | undefined {
  return value === undefined ? undefined : to(value);
}

function textOf(value: unknown): Value | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "string" || typeof value === "number" ? value : JSON.stringify(value);
}
