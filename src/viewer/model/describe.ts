/** Events in words: what the inspector, the list and the search show of them. */
import type {
  ClockDetail,
  DiskDetail,
  LookupDetail,
  PowerDetail,
  SocketDetail,
} from "../../trace/details.ts";
import { Kind, kindNames } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import { foldersOf } from "./files.ts";
import { Fate, fateNames } from "./messages.ts";
import { describeAnswer, describeRequest, type OperationBar } from "./operations.ts";
import { detailOf } from "./rows.ts";
import type { Run } from "./run.ts";
import { cut, showCount, showDuration, showValue } from "./words.ts";

/** The name of the host of event `id`; "simulator" for events without one. */
export function hostOf({ trace }: Run, id: number): string {
  const name = trace.hosts[trace.host[id - 1] as number];
  return name === undefined || name === "" ? "simulator" : name;
}

/** The packet of a `send`, `receive` or `drop`: that of its sending, which has the payload. */
export function packetOf(run: Run, id: number): PacketDetail | undefined {
  const { trace, messages } = run;
  const message = messages.ofRow[id - 1];
  if (message === undefined || message === 0) {
    return detailOf(trace, id - 1) as PacketDetail | undefined;
  }
  return detailOf(trace, (messages.send[message - 1] as number) - 1) as PacketDetail | undefined;
}

/** The operation that is invoked or answered in event `id`. */
export function operationOf({ operations }: Run, id: number): OperationBar | undefined {
  // Operations are in order of their invocation; an answer is looked for among all.
  let low = 0;
  let high = operations.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((operations[middle] as OperationBar).invoke < id) low = middle + 1;
    else high = middle;
  }
  const at = operations[low];
  if (at?.invoke === id) return at;
  for (let index = low - 1; index >= 0; index--) {
    if (operations[index]?.complete === id) return operations[index];
  }
  return undefined;
}

/** A packet in words: "SYN", "FIN", "24 bytes", "24 bytes (sent again)". */
export function describePacket(packet: PacketDetail): string {
  const { flags, bytes, repeats } = packet;
  const size = bytes > 0 ? `${showCount(bytes)} ${bytes === 1 ? "byte" : "bytes"}` : "";
  const what = [flags, size].filter((part) => part !== "").join(" · ") || "an empty segment";
  return repeats === undefined ? what : `${what} (sent again)`;
}

/** Event `id` in one line, without its host and time. */
export function describeEvent(run: Run, id: number): string {
  const { trace, messages } = run;
  const row = id - 1;
  const kind = trace.kind[row] as number;
  const detail = detailOf(trace, row);
  switch (kind) {
    case Kind.send:
    case Kind.receive:
    case Kind.drop: {
      const packet = packetOf(run, id);
      if (!packet) return kindNames[kind] as string;
      const what = describePacket(packet);
      const fate = messages.fate[(messages.ofRow[row] as number) - 1];
      if (kind === Kind.send) {
        const lost = fate === Fate.delivered || fate === undefined ? "" : `, ${fateNames[fate]}`;
        return `sends ${packet.to} ${what}${lost}`;
      }
      if (kind === Kind.receive) {
        const changed = fate === Fate.corrupted ? ", changed in flight" : "";
        return `receives ${what} from ${packet.from}${changed}`;
      }
      const { reason } = (detail ?? {}) as Partial<PacketDetail>;
      return `${what} from ${packet.from} is lost${reason === undefined ? "" : `: ${reason}`}`;
    }
    case Kind.invoke: {
      const bar = operationOf(run, id);
      return bar ? `asks ${describeRequest(bar)}` : "asks";
    }
    case Kind.complete: {
      const bar = operationOf(run, id);
      return bar ? `${describeRequest(bar)} -> ${describeAnswer(bar)}` : "is answered";
    }
    case Kind.fault:
    case Kind.heal: {
      const span = run.faults.find(({ began, lifted }) => began === id || lifted === id);
      if (!span) return kind === Kind.fault ? "a fault begins" : "a fault ends";
      return kind === Kind.fault ? span.text : `ends: ${span.text}`;
    }
    default:
      return describeOther(run, kind, detail);
  }
}

function describeOther(run: Run, kind: number, detail: unknown): string {
  const fields = (detail ?? {}) as Record<string, unknown>;
  switch (kind) {
    case Kind.start:
      return "a process starts";
    case Kind.exit:
      return `a process ends${fields["how"] === undefined ? "" : `: ${showValue(fields["how"], 60)}`}`;
    case Kind.log:
      return cut(String(fields["text"] ?? "").trimEnd(), 400);
    case Kind.assert: {
      const { assertion, name, condition } = fields;
      return `${String(assertion)} ${showValue(name)}: ${condition === true ? "so" : "not so"}`;
    }
    case Kind.step:
      return `comes to the step ${showValue(fields["name"])}`;
    case Kind.uncaught:
      return `uncaught: ${showValue(fields["what"] ?? fields["text"] ?? "", 300)}`;
    case Kind.disk: {
      const { operation, path, from, bytes, offset } = fields as unknown as DiskDetail;
      if (operation === "rename") return `renames ${from} to ${path}`;
      if (operation === "sync" && foldersOf(run).has(path))
        return `disk: sync the names in ${path}`;
      const size = bytes === undefined ? "" : ` ${showCount(bytes)} bytes at ${offset ?? 0}`;
      return `disk: ${operation} ${path}${size}`;
    }
    case Kind.lookup: {
      const { name, answer } = fields as unknown as LookupDetail;
      return `looks ${name} up: ${typeof answer === "string" ? answer : answer?.join(", ")}`;
    }
    case Kind.socket: {
      const { state, peer, error } = fields as unknown as SocketDetail;
      return `connection with ${peer} ${state}${error === undefined ? "" : `: ${error}`}`;
    }
    case Kind.power: {
      const { on, lost = [] } = fields as unknown as PowerDetail;
      return on ? "has power again" : ["loses power", ...lost].join("; ");
    }
    case Kind.state:
      return `${showValue(fields["name"])}: ${showValue(fields["value"])}`;
    case Kind.clock: {
      const { errorNs, ppm, frozen } = fields as unknown as ClockDetail;
      const drift = frozen ? ", frozen" : ppm === 0 ? "" : `, ${ppm} ppm`;
      return `its clock is ${showDuration(Math.abs(errorNs))} ${errorNs < 0 ? "behind" : "ahead"}${drift}`;
    }
    case Kind.timer:
      return "a timer fires";
    case Kind.resume:
      return "handles an event that had waited";
    case Kind.completion:
      return "a platform call completes";
    case Kind.immediate:
      return "a turn of the event loop";
    case Kind.internal:
      return "an event of the simulator";
    default:
      return kindNames[kind] ?? `kind ${kind}`;
  }
}
