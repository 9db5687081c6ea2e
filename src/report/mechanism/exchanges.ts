/** What an operation asked of servers and was told, along the chain of causes that leads to its answer. */
import { Kind } from "../../trace/kinds.ts";
import { notableCauses } from "../../viewer/model/events.ts";
import type { OperationBar } from "../../viewer/model/operations.ts";
import type { Material } from "./part.ts";

/** A request and its answer. */
export interface Exchange {
  readonly server: string;
  readonly request: string;
  readonly reply: string;
  /** When the request arrived at the server, and when the server sent the reply: event ids. */
  readonly arrived: number;
  readonly replied: number;
}

/** The chain of causes from the request of an operation to its answer: event ids. */
export function chainOf({ run }: Material, bar: OperationBar): number[] {
  if (bar.complete === 0) return [];
  return notableCauses(run, bar.complete).filter((id) => id >= bar.invoke);
}

/** The exchanges on the chain of an operation, the first one first. Empty where no payload can be read. */
export function exchangesOf(material: Material, bar: OperationBar): Exchange[] {
  const { run, dissector } = material;
  const { trace, messages } = run;
  const chain = chainOf(material, bar);
  const found: Exchange[] = [];
  for (const id of chain) {
    if (trace.kind[id - 1] !== Kind.send) continue;
    for (const message of dissector?.packet(id)?.messages ?? []) {
      const request = message.partner;
      if (message.role !== "reply" || !request || message.lastPacket !== id) continue;
      const index = (messages.ofRow[request.lastPacket - 1] ?? 0) - 1;
      const arrived = index < 0 ? 0 : (messages.end[index] as number);
      if (arrived === 0 || !chain.includes(arrived)) continue;
      found.push({
        server: trace.hosts[trace.host[id - 1] as number] as string,
        request: request.summary,
        reply: message.summary,
        arrived,
        replied: id,
      });
    }
  }
  return found;
}
